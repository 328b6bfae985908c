// Pictures from the clipboard: by Ctrl+V, or by a button where the browser lets a page ask for them.

import { mark } from "./language.js";

export const NO_PICTURE = mark("There is no picture in the clipboard: copy one first.");
export const NOT_ALLOWED = mark(
  "The browser does not let this page read the clipboard: press Ctrl+V (on a Mac ⌘V) instead.",
);

export function canReadClipboard() {
  return globalThis.isSecureContext && Boolean(navigator.clipboard?.read);
}

// Resolves to the picture, or to null; rejects if the page may not read.
export async function readClipboard() {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find(isPicture);
    if (type) return item.getType(type);
  }
  return null;
}

// Calls `take` with what is pasted while something in the explorer around `field` has the focus,
// and with undefined if no file is pasted while the field itself has it. Returns how to stop.
//
// A paste goes to where text is selected, and not to the button that has the focus: so the whole
// window is listened to, and before JupyterLab is.
export function listenToPaste(field, take) {
  function paste(event) {
    const { activeElement } = field.getRootNode();
    const explorer = field.closest(".gradcam-lab") ?? field;
    if (!explorer.contains(activeElement)) return;
    const { files, types } = event.clipboardData;
    if (files.length === 0 && !field.contains(activeElement)) return;
    if (takesText(activeElement) && types.includes("text/plain")) return; // a cell of a table is both
    event.preventDefault();
    event.stopImmediatePropagation();
    take([...files].find(({ type }) => isPicture(type)) ?? files[0]);
  }
  addEventListener("paste", paste, { capture: true });
  return () => removeEventListener("paste", paste, { capture: true });
}

function isPicture(type) {
  return type.startsWith("image/");
}

function takesText(element) {
  return element.isContentEditable || element.matches("textarea, input[type=text]");
}
