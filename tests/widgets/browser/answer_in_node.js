// Puts questions to the worker's script, in a browser's place: reads a folder's network and pictures, and writes
// the heatmaps of all that is asked for, by picture, method, target and layer.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [script, folder] = process.argv.slice(2);
let hear;
let answer;
globalThis.DedicatedWorkerGlobalScope = Object;
globalThis.addEventListener = (_, listener) => {
  hear = listener;
};
globalThis.postMessage = (message) => {
  answer = message;
};
await import(pathToFileURL(script));
const reply = (message) => {
  hear({ data: message });
  return answer;
};

const read = (name) => readFileSync(join(folder, name));
const floats = (bytes) =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const { description, probe, methods, targets } = JSON.parse(read("asked.json"));
const pictures = floats(read("pictures.f32"));
const size = description.layers[0].shape.reduce((a, b) => a * b);

const loaded = reply({ load: { description, weights: floats(read("weights.f32")).buffer, probe } });
const answers = loaded.refused ? [] : [...answerAll()];
const failed = loaded.refused ?? answers.find(({ error }) => error)?.error;
if (failed) {
  console.error(failed);
  process.exit(1);
}
const parts = answers.flatMap((each) => each.answers.map(({ heatmap }) => heatmap));
writeFileSync(
  join(folder, "heatmaps.f32"),
  Buffer.concat(parts.map((part) => Buffer.from(part.buffer))),
);

function* answerAll() {
  for (let key = 0; key * size < pictures.length; key++)
    for (const method of methods)
      for (const target of targets)
        for (const layer of description.spatial) {
          const pixels = pictures.slice(key * size, (key + 1) * size);
          yield reply({ question: 0, items: [{ key, pixels, target, method }], layer });
        }
}
