// What test_same_words.py cannot say; there the numbers and the pages are compared with Python's.

import assert from "node:assert/strict";
import test from "node:test";
import {
  addChannels,
  describeSum,
  takeApart,
} from "../../../gradcam_lab/widgets/browser/anatomy.js";

const FEATURE_MAPS = Float32Array.of(1, 0, 3, 1, 0, 5); // two places of three channels
const WEIGHTS = Float32Array.of(2, 7, -1);

test("the strongest channel comes first, whatever its sign", () => {
  const { channels, shape } = takeApart(FEATURE_MAPS, WEIGHTS, [2, 1, 3]);
  assert.deepEqual(channels, [2, 0, 1]);
  assert.deepEqual(shape, [2, 1]);
});

test("channels that are equally strong in float32 stay in their order", () => {
  const featureMaps = Float32Array.of(1e8, 1e8, 0, 1);
  assert.deepEqual(takeApart(featureMaps, Float32Array.of(1, 1), [2, 1, 2]).channels, [0, 1]);
});

test("channels add up one by one", () => {
  const parts = takeApart(FEATURE_MAPS, WEIGHTS, [2, 1, 3]);
  const sums = [0, 1, 2, 3].map((count) => [...addChannels(parts, count)]);
  assert.deepEqual(sums, [
    [0, 0],
    [-3, -5],
    [-1, -3],
    [-1, -3],
  ]);
});

test("channels beyond the first ones add up, too", () => {
  const parts = takeApart(FEATURE_MAPS, WEIGHTS, [2, 1, 3]);
  assert.deepEqual([...addChannels(parts, 3, 1)], [2, 2]);
  assert.deepEqual([...addChannels(parts, 1, 2)], [0, 0]);
});

test("only the sum of all channels is called the heatmap", () => {
  const words = { anatomy: "{added}: {nearness}", complete: "all", incomplete: "{difference}" };
  words.many_channels = "";
  const parts = takeApart(FEATURE_MAPS, WEIGHTS, [2, 1, 3]);
  const maps = { heatmap: Float32Array.of(0, 0.875), complete: Float32Array.of(0, 1) };
  const said = [2, 3].map((added) =>
    describeSum({ ...words, warmest: "", places: "" }, { added, parts, ...maps }),
  );
  assert.deepEqual(said, ["2: 0.12", "3: all"]);
});
