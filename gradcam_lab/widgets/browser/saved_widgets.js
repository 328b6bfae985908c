// Widgets that were saved, alive on a page without a kernel: what a saved page and the site share.

import { mark } from "./language.js";

export async function unzip(bytes) {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

const NEEDS = mark("it needs Chrome 116, Firefox 124, Safari 17.4, or a later one");

// Says in words what an old browser lacks.
export function checkBrowser(needs = NEEDS) {
  if (!("DecompressionStream" in window && "any" in AbortSignal)) throw new Error(needs);
}

// Returns ipywidgets' front end out of its script; its stylesheet goes to the page.
export async function startFrontEnd(script) {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const frontEnd = await import(url);
  const style = document.createElement("style");
  style.textContent = frontEnd.stylesheet;
  document.head.prepend(style); // the page's own rules come later, and count more
  return frontEnd;
}

// A line of JSON, and below it the binary values, of which the JSON names the places.
export function readContent(bytes) {
  const end = bytes.indexOf(10);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const binary = bytes.subarray(end + 1);
  const take = ([start, stop]) => new DataView(binary.slice(start, stop).buffer);
  return { ...json, take };
}

// Puts a widget into an element of the page; `take` gives the binary value of a place. Returns what
// knows the models.
export async function showWidget(frontEnd, { shown, models, take }, element) {
  const { modules, ManagerBase, Widget, put_buffers } = frontEnd;
  for (const model of Object.values(models))
    put_buffers(model.state, model.paths, model.places.map(take));

  class Manager extends ManagerBase {
    async loadClass(name, module) {
      const found = modules[module]?.[name];
      if (!found) throw new Error(`a saved page has no ${name} of ${module}`);
      return found;
    }

    async _get_comm_info() {
      return {}; // no model has a kernel's half
    }

    inline_sanitize(words) {
      const text = document.createElement("span");
      text.textContent = words;
      return text.innerHTML;
    }
  }

  const manager = new Manager();
  await manager.set_state({ version_major: 2, state: models });
  const view = await manager.create_view(await manager.get_model(shown));
  element.replaceChildren();
  Widget.attach(view.luminoWidget, element);
  return manager;
}
