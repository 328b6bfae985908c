// What stands below an explorer of the site: a link to its state, and a large network, when asked.

import { fill } from "./../../gradcam_lab/widgets/browser/language.js";
import { writeState } from "./state_link.js";

// Says a template in the language of the page.
export function tell(template, values = {}) {
  const words = window.gradcamWords?.[document.documentElement.lang] ?? {};
  return fill(words[template] ?? template, values);
}

// Adds the button that copies the address of the present state.
export function addLinkButton(place, explorer) {
  const { button, output } = addRow(place, tell("Copy a link to this state"));
  button.onclick = async () => {
    const { lesson, explorer: number } = place.dataset;
    const named = lesson ? [["lesson", lesson]] : [];
    const query = new URLSearchParams([...named, ["explorer", number], ...writeState(explorer)]);
    const link = `${location.href.split("#")[0]}#${query}`;
    try {
      await navigator.clipboard.writeText(link);
      output.textContent = tell("Copied.");
    } catch {
      output.innerHTML = "<input readonly>";
      output.firstChild.ariaLabel = tell("The link");
      output.firstChild.value = link;
      output.firstChild.select();
    }
  };
}

// Adds the button that loads the network of an explorer; `load` gives the bytes of a place.
export function addLoadButton(place, { half, later }, load) {
  const words = tell("Load the network ({megabytes} MB)", { megabytes: later.megabytes });
  const { row, button, output } = addRow(place, words);
  output.textContent = tell(
    "Until then, alpha, colormap and threshold work; the other controls need the network itself.",
  );
  button.onclick = async () => {
    button.disabled = true;
    button.textContent = tell("Loading the network …");
    try {
      const parts = [later.network, later.pictures, later.description];
      const [network, pictures, description] = await Promise.all(parts.map(load));
      half.on("change:answers", () => row.remove());
      half.set_state({
        network,
        pictures,
        description: JSON.parse(new TextDecoder().decode(description)),
      });
    } catch ({ message }) {
      button.disabled = false;
      button.textContent = words;
      output.textContent = tell("The network could not be loaded: {message}.", { message });
    }
  };
}

function addRow(place, words) {
  const row = document.createElement("div");
  row.className = "site-row";
  row.innerHTML = `<button type="button"></button><span role="status"></span>`;
  const [button, output] = row.children;
  button.textContent = words;
  place.append(row);
  return { row, button, output };
}
