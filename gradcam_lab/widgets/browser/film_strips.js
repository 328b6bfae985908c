// What the film strips show: the heatmap of every layer, and the pictures around the present one. The
// twin of film_strip.py. The engine is asked for one thing at a time, and only while nobody asks for
// anything else.

import { fill } from "./language.js";
import { itemOf, PREDICTED } from "./questions.js";

const LARGEST = 56; // pixels of a picture's longer side, ...
const LARGEST_MAP = 28; // ... and of a heatmap's: there may be many
const SAMPLES = 11; // frames around the present one

// Shows each layer's heatmap as soon as all are known. `ask` gives the answers to a question, or
// null where it is too late for them.
export async function fillLayers(strip, question, layers, ask) {
  const frames = [];
  for (const layer of layers) {
    const answers = await ask({ ...question, layer });
    if (!answers) return;
    const [{ heatmap, shape }] = answers;
    const levels = Uint8Array.from(heatmap, (value) => 255 * value);
    const frame = samplePixels(levels, [...shape, 1], LARGEST_MAP);
    frames.push({ ...frame, group: shape.join(" × ") });
  }
  const groups = frames.map(({ group }, i) => (group === frames[i - 1]?.group ? "" : group));
  showFrames(strip, frames, { names: layers, groups });
}

// Shows pictures, and then which of them the network mistakes.
export async function fillSamples(strip, index, source, facts, ask) {
  const { labels, classNames, words } = facts;
  const numbers = windowAround(index, strip.get("count"));
  const frames = numbers.map((i) => samplePixels(...source.levels(i), LARGEST));
  const names = numbers.map((i) => (labels ? classNames[labels[i]] : `${i}`));
  showFrames(strip, frames, { names, first: numbers[0], wrong: [] });
  if (!labels) return;
  const wrong = [];
  for (const [i, number] of numbers.entries()) {
    const item = itemOf(source, { key: number, target: PREDICTED, method: "gradcam" });
    const answers = await ask({ items: [item], layer: facts.layers.at(-1) });
    if (!answers) return;
    const predicted = answers[0].target;
    wrong.push(predicted !== labels[number]);
    if (wrong[i]) names[i] = fill(words.mistaken, { name: names[i], as: classNames[predicted] });
  }
  strip.set_state({ names: [...names], wrong });
}

function showFrames(strip, frames, state) {
  const { buffer } = Uint8Array.from(frames.flatMap(({ pixels }) => pixels));
  const shapes = frames.map(({ shape }) => shape);
  strip.set_state({ ...state, shapes, frames: new DataView(buffer) });
}

// As many of a picture's pixels as a frame has room for.
export function samplePixels(pixels, [height, width, channels], largest) {
  const scale = Math.max(height, width, largest) / largest;
  const places = (size) =>
    Array.from({ length: Math.round(size / scale) }, (_, i) =>
      Math.min(size - 1, Math.floor((i + 0.5) * scale)),
    );
  const [rows, columns] = [places(height), places(width)];
  const sampled = rows.flatMap((y) =>
    columns.flatMap((x) => {
      const at = channels * (y * width + x);
      return [...pixels.subarray(at, at + channels)];
    }),
  );
  return { pixels: sampled, shape: [rows.length, columns.length, channels] };
}

// As many numbers before one as behind it.
export function windowAround(index, count) {
  const first = Math.min(
    Math.max(0, index - Math.floor(SAMPLES / 2)),
    Math.max(0, count - SAMPLES),
  );
  return Array.from({ length: Math.min(SAMPLES, count - first) }, (_, i) => first + i);
}
