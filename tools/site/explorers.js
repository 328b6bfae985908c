// Makes the explorers of a page alive when they come near the window. There is no kernel behind them,
// and nothing comes from elsewhere than this site. Until then, and where it fails, a picture stands there.

import {
  checkBrowser,
  readContent,
  showWidget,
  startFrontEnd,
} from "./../../gradcam_lab/widgets/browser/saved_widgets.js";
import { addLinkButton, addLoadButton, tell } from "./buttons.js";
import { loadFile } from "./script_files.js";
import { readState } from "./state_link.js";

const NEAR = "600px";
const PATIENCE = 10000; // milliseconds until an explorer shows that has not found its network fit
const opened = new Map(); // by place, the promise of its explorer
let started = null; // ipywidgets' front end
let content = null; // of all explorers of this page

function open(place) {
  if (!opened.has(place)) {
    const explorer = start(place);
    opened.set(place, explorer);
    explorer.catch(({ message }) => say(place, message));
  }
  return opened.get(place);
}

async function start(place) {
  checkBrowser();
  const { page, explorer: number, files } = place.dataset;
  started ??= loadFile("front_end").then(startFrontEnd);
  content ??= loadFile(page).then(readContent);
  const names = files.split(" ").filter(Boolean);
  const [frontEnd, { widgets, take }, ...values] = await Promise.all([
    started,
    content,
    ...names.map(loadFile),
  ]);
  const { shown, models, later } = widgets[number - 1];
  for (const { state, texts } of Object.values(models))
    for (const [name, where] of Object.entries(texts))
      state[name] = new TextDecoder().decode(take(where));
  const live = document.createElement("div");
  live.className = "site-live";
  place.append(live);
  const large = (name) => new DataView(values[names.indexOf(name)].buffer);
  const takeAny = (where) => (typeof where === "string" ? large(where) : take(where));
  const manager = await showWidget(frontEnd, { shown, models, take: takeAny }, live);
  const explorer = await findExplorer(manager, models);
  if (explorer) {
    explorer.later = later[explorer.half.model_id];
    if (explorer.later) addLoadButton(place, explorer, (where) => loadPlace(where, take));
    else if (explorer.half.get("network"))
      await Promise.race([answering(explorer), wait(PATIENCE)]);
    addLinkButton(place, explorer);
  }
  place.querySelector("img")?.remove();
  place.classList.add("site-alive");
  return explorer;
}

// The browser's half of an explorer, and its controls by the names of traits; null for a widget that
// is none, such as a prediction.
async function findExplorer(manager, models) {
  const id = Object.keys(models).find((key) => models[key].state.facts);
  if (!id) return null;
  const half = await manager.get_model(id);
  const found = Object.entries(half.get("controls")).map(async ([name, reference]) => [
    name,
    await manager.get_model(reference.slice("IPY_MODEL_".length)),
  ]);
  return { half, controls: Object.fromEntries(await Promise.all(found)) };
}

async function loadPlace(where, take) {
  return typeof where === "string" ? new DataView((await loadFile(where)).buffer) : take(where);
}

export function answering({ half }) {
  return new Promise((resolve) => {
    const look = () => half.get("answers") && resolve();
    half.on("change:answers", look);
    look();
  });
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function say(place, words) {
  const paragraph = document.createElement("p");
  paragraph.setAttribute("role", "alert");
  const message = tell(words); // what an old browser lacks is known in each language
  paragraph.textContent = tell("The controls do not start in this browser: {message}", { message });
  place.append(paragraph);
}

// An address may name an explorer of this page, and its state.
async function openAddress(places) {
  const query = new URLSearchParams(location.hash.slice(1));
  const place = places.find(
    ({ dataset }) =>
      dataset.explorer === query.get("explorer") && dataset.lesson === (query.get("lesson") ?? ""),
  );
  if (!place) return;
  place.scrollIntoView();
  const explorer = await open(place);
  if (!explorer) return;
  const { asked } = explorer.half.get("facts");
  const needsNetwork = (name) => name === "indices" || asked.includes(name);
  readState(explorer, query, (name) => !explorer.later || !needsNetwork(name));
  place.scrollIntoView();
  if (!explorer.later) return;
  await answering(explorer);
  readState(explorer, query, needsNetwork);
}

const places = [...document.querySelectorAll(".site-explorer")];
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) open(target);
  },
  { rootMargin: NEAR },
);
for (const place of places) watcher.observe(place);
addEventListener("hashchange", () => openAddress(places));
openAddress(places);
