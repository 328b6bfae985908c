// Files of bytes, as scripts: a page that was opened from a file may load no other kind. What stands
// in such a script is said in packed_scripts.py.

import { unzip } from "./../../gradcam_lab/widgets/browser/saved_widgets.js";

const BASE = new URL("explorers/", document.currentScript.src).href;
const files = new Map(); // by name, the promise of its bytes
const arrivals = new Map(); // by name, what its script calls

window.gradcamFile = (name, text, planes) => arrivals.get(name)?.({ text, planes });

// Returns the promise of a file's bytes; each file is loaded once.
export function loadFile(name) {
  if (!files.has(name)) {
    const bytes = loadScript(name).then(unpack);
    bytes.catch(() => files.delete(name)); // it may be tried again
    files.set(name, bytes);
  }
  return files.get(name);
}

function loadScript(name) {
  return new Promise((resolve, reject) => {
    arrivals.set(name, resolve);
    const script = document.createElement("script");
    script.onerror = () => reject(new Error(`${name}.js did not come`));
    script.src = `${BASE}${name}.js`;
    document.head.append(script);
  });
}

async function unpack({ text, planes }) {
  const bytes = await unzip(fromSevenBits(text));
  return planes === 1 ? bytes : joinPlanes(bytes, planes);
}

function fromSevenBits(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 7) / 8));
  let held = 0;
  let bits = 0;
  for (let from = 0, to = 0; to < bytes.length; from++) {
    held = ((held << 7) | (text.charCodeAt(from) & 0x7f)) & 0x3fff;
    bits += 7;
    if (bits < 8) continue;
    bits -= 8;
    bytes[to++] = held >> bits;
  }
  return bytes;
}

function joinPlanes(bytes, planes) {
  const joined = new Uint8Array(bytes.length);
  const count = bytes.length / planes;
  for (let plane = 0, from = 0; plane < planes; plane++)
    for (let i = 0; i < count; i++) joined[i * planes + plane] = bytes[from++];
  return joined;
}
