// What every resizing keeps. That its numbers are Pillow's is asked in test_resize.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { resizeMap, resizePicture } from "../../../gradcam_lab/widgets/browser/resize.js";

const RED = [255, 0, 7];

test("a picture of one colour stays so at any size", () => {
  const picture = Uint8ClampedArray.from({ length: 3 * 35 }, (_, i) => RED[i % 3]);
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [7, 5],
    [20, 31],
  ]) {
    const resized = resizePicture(picture, { width: 7, height: 5 }, { width, height });
    assert.equal(resized.length, 3 * width * height);
    assert.ok(resized.every((value, i) => value === RED[i % 3]));
  }
});

test("a picture of the same size is the same", () => {
  const picture = Uint8ClampedArray.from({ length: 60 }, (_, i) => (i * 89) % 256);
  const size = { width: 5, height: 4 };
  assert.deepEqual(resizePicture(picture, size, size), picture);
});

test("overshoots are clipped and do not wrap", () => {
  const edge = Uint8ClampedArray.of(0, 0, 0, 255, 255, 255);
  const wide = resizePicture(edge, { width: 6, height: 1 }, { width: 60, height: 1 }).slice(0);
  assert.ok(wide.slice(0, 25).every((value) => value === 0));
  assert.ok(wide.slice(35).every((value) => value === 255));
});

test("the shape of a map is rows and columns", () => {
  assert.deepEqual(
    resizeMap(Float32Array.of(0, 1), [1, 2], [2, 4]),
    Float32Array.of(0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1),
  );
  assert.deepEqual(
    resizeMap(Float32Array.of(0, 1), [2, 1], [4, 1]),
    Float32Array.of(0, 0.25, 0.75, 1),
  );
});
