// The controls of an explorer on the page: what their buttons do, and what ipywidgets leaves out for
// people at a keyboard.

import { download } from "./saved_picture.js";

const BUTTONS = ["previous", "next", "others", "colour-blind-safe", "course"];

// Find the explorer around an element, listen to its buttons, and help its controls. The stylesheet
// shows the words about a kernel where there is none.
export function helpControls(el, press, noKernel) {
  const watcher = new MutationObserver(() => help());
  const appearance = new IntersectionObserver(() => {
    const explorer = el.closest(".gradcam-lab");
    if (!explorer) return;
    appearance.disconnect();
    watcher.observe(explorer, { childList: true, subtree: true });
    explorer.addEventListener("click", pressTerm);
    explorer.lang = el.lang;
    explorer.style.setProperty("--no-kernel", JSON.stringify(noKernel ?? ""));
    help();
  });
  function help() {
    const explorer = el.closest(".gradcam-lab");
    keepFocus(explorer);
    listenTo("save", () => download(explorer));
    for (const name of BUTTONS) listenTo(name, () => press(name));
    for (const control of explorer?.querySelectorAll("select, button, input, .noUi-handle") ?? [])
      control.dataset.lmSuppressShortcuts = "true"; // its keys are not the notebook's
    for (const handle of explorer?.querySelectorAll(".noUi-handle") ?? []) {
      const slider = handle.closest(".widget-inline-hbox");
      const label = slider.querySelector(".widget-label");
      const readout = slider.querySelector(".widget-readout");
      handle.setAttribute("aria-label", label.textContent);
      handle.setAttribute("aria-valuetext", readout.textContent);
      readout.setAttribute("aria-label", label.textContent);
      if (readout.isContentEditable) readout.setAttribute("role", "textbox");
    }
  }
  // A term of a sum is written anew as soon as it has been pressed, and keeps the focus.
  let term = "";
  function pressTerm({ target }) {
    const { channels } = target.closest("[data-channels]")?.dataset ?? {};
    if (!channels) return;
    term = `[data-channels="${channels}"]`;
    press("channels", Number(channels));
  }
  function keepFocus(explorer) {
    if (!term || document.activeElement !== document.body) return;
    explorer.querySelector(term)?.focus({ preventScroll: true });
    term = "";
  }
  function listenTo(name, work) {
    const button = el.closest(".gradcam-lab")?.querySelector(`.gradcam-${name}`);
    if (button) button.onclick = work;
  }
  appearance.observe(el);
  return () => {
    appearance.disconnect();
    watcher.disconnect();
    el.closest(".gradcam-lab")?.removeEventListener("click", pressTerm);
  };
}
