// The front end of ipywidgets, as far as a saved page needs it; build_page_scripts.py makes one file
// of it and of all that it imports.
import "anywidget";
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import { makeAnywidget } from "./define.js";
import stylesheet from "./stylesheet.css";

export { put_buffers } from "@jupyter-widgets/base";
export { ManagerBase } from "@jupyter-widgets/base-manager";
export { Widget } from "@lumino/widgets";
export { stylesheet };
export const modules = {
  "@jupyter-widgets/base": base,
  "@jupyter-widgets/controls": controls,
  anywidget: makeAnywidget(base),
};
