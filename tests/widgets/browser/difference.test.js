// The numbers are those of test_difference.py.

import assert from "node:assert/strict";
import test from "node:test";
import {
  blendDifference,
  describeDifference,
  differenceBar,
} from "../../../gradcam_lab/widgets/browser/difference.js";

const COLOURS = { "--gradcam-against": " #0000ff", "--gradcam-for": "#ff8000" };
globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => COLOURS[name] });

function blend(difference, alpha) {
  const picture = { width: 1, height: 1, data: Uint8ClampedArray.of(10, 20, 30, 255) };
  return [...blendDifference(null, picture, Float32Array.of((difference + 1) / 2), alpha).data];
}

test("where two heatmaps are equal the picture stays as it is", () => {
  assert.deepEqual(blend(0, 1), [10, 20, 30, 255]);
});

test("less is blue and more is red, the more opaque the larger it is", () => {
  assert.deepEqual(blend(-1, 0.4), [0, 0, 255, 255]);
  assert.deepEqual(blend(1, 0.4), [255, 128, 0, 255]);
  assert.deepEqual(blend(0.2, 0.4), [108, 63, 18, 255]);
  assert.deepEqual(blend(0.25, 0), [10, 20, 30, 255]);
});

test("the colour bar is see-through in its middle", () => {
  const { width, height, data } = differenceBar(null, Float32Array.of(0, 0.5, 0.625), 0.4);
  assert.deepEqual([width, height], [3, 1]);
  assert.deepEqual([...data], [0, 0, 255, 255, 255, 128, 0, 0, 255, 128, 0, 128]);
});

test("a difference has a sign", () => {
  assert.equal(describeDifference(0.25, [1, 2]), "difference[1, 2] = −0.50");
  assert.equal(describeDifference(0.5, [0, 0]), "difference[0, 0] = +0.00");
});
