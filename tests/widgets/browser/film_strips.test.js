// Frames and windows are those of film_strip.py: test_film_strip.py has the same numbers.

import assert from "node:assert/strict";
import test from "node:test";
import {
  fillLayers,
  fillSamples,
  samplePixels,
  windowAround,
} from "../../../gradcam_lab/widgets/browser/film_strips.js";

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

function makeStrip(values) {
  const state = { ...values };
  return { state, get: (name) => state[name], set_state: (more) => Object.assign(state, more) };
}

test("a window shows as many pictures before one as behind it", () => {
  const cases = [
    [0, 3, 0, 2],
    [0, 1000, 0, 10],
    [500, 1000, 495, 505],
    [999, 1000, 989, 999],
    [4, 12, 0, 10],
  ];
  for (const [index, count, first, last] of cases)
    assert.deepEqual(windowAround(index, count), range(first, last));
});

test("a frame has pixels of the picture itself", () => {
  const picture = Uint8Array.from({ length: 112 * 56 }, (_, i) => i);
  const { pixels, shape } = samplePixels(picture, [112, 56, 1], 56);
  assert.deepEqual(shape, [56, 28, 1]);
  assert.deepEqual(pixels.slice(0, 3), [57, 59, 61]);
  assert.deepEqual(samplePixels(picture.subarray(0, 4), [2, 2, 1], 56).pixels, [0, 1, 2, 3]);
});

test("each layer's heatmap becomes a frame, and the first of a size says the size", async () => {
  const strip = makeStrip({});
  const heatmaps = {
    a: { heatmap: Float32Array.of(0, 0.5, 1, 0), shape: [2, 2] },
    b: { heatmap: Float32Array.of(1, 1, 1, 1), shape: [2, 2] },
    c: { heatmap: Float32Array.of(0.2), shape: [1, 1] },
  };
  await fillLayers(strip, { items: [] }, ["a", "b", "c"], async ({ layer }) => [heatmaps[layer]]);
  assert.deepEqual(strip.state.groups, ["2 × 2", "", "1 × 1"]);
  assert.deepEqual(strip.state.names, ["a", "b", "c"]);
  const bytes = new Uint8Array(strip.state.frames.buffer);
  assert.deepEqual([...bytes], [0, 127, 255, 0, 255, 255, 255, 255, 51]);
});

test("a strip is left as it is where another question has come first", async () => {
  const strip = makeStrip({});
  await fillLayers(strip, { items: [] }, ["a"], async () => undefined);
  assert.deepEqual(strip.state, {});
});

test("pictures that the network mistakes are marked, and say what they are taken for", async () => {
  const strip = makeStrip({ count: 3 });
  const source = {
    name: "digits",
    pixels: (i) => [i],
    levels: (i) => [Uint8Array.of(i), [1, 1, 1]],
  };
  const facts = {
    labels: [0, 1, 1],
    classNames: ["zero", "one"],
    layers: ["a"],
    words: { mistaken: "{name}, read as {as}" },
  };
  await fillSamples(strip, 1, source, facts, async ({ items: [{ number }] }) => [
    { target: [0, 1, 0][number] },
  ]);
  assert.deepEqual(strip.state.wrong, [false, false, true]);
  assert.deepEqual(strip.state.names, ["zero", "one", "one, read as zero"]);
});
