// Opens a saved page. The page itself holds all that it needs: ipywidgets' front end, and the state of
// the widgets. There is no kernel behind them, and nothing comes from a network.

import { checkBrowser, readContent, showWidget, startFrontEnd, unzip } from "./saved_widgets.js";

const place = document.querySelector("main");

// An old browser fails here or below; then words stay where the widget would be.
async function openPage() {
  checkBrowser(place.dataset.needs);
  const [scripts, state] = await Promise.all(["scripts", "state"].map(unpack));
  await showWidget(await startFrontEnd(scripts), readContent(state), place);
}

// Return the bytes that an element holds: Base64 of gzip.
function unpack(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  return unzip(bytes);
}

openPage().catch((error) => {
  place.textContent = place.dataset.failure.replace("{reason}", () => error.message);
  place.setAttribute("role", "alert");
});
