// Bitmaps: what was written is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readBitmap, writeBitmap } from "../../../gradcam_lab/widgets/browser/bitmap.js";

test("rows take whole fours of bytes, blue first", () => {
  const grey = writeBitmap([0, 0.5, 1], [1, 3, 1], 255);
  const pixels = [...new Uint8Array(grey.buffer, 54)];
  assert.deepEqual(pixels, [0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0]);
  const colour = writeBitmap([1, 2, 3, 4, 5, 6], [2, 1, 3], 1);
  assert.deepEqual([...new Uint8Array(colour.buffer, 54)], [3, 2, 1, 0, 6, 5, 4, 0]);
});

test("what was written is read", () => {
  const numbers = Array.from({ length: 30 }, (_, i) => 8 * i);
  const { width, height, data } = readBitmap(writeBitmap(numbers, [2, 5, 3], 1));
  assert.deepEqual([width, height], [5, 2]);
  assert.deepEqual(
    [...data].filter((_, i) => i % 4 < 3),
    numbers,
  );
  assert.ok(data.every((value, i) => i % 4 < 3 || value === 255));
});

test("another file is left to the browser", () => {
  const png = new DataView(Uint8Array.from([0x89, 0x50, ...new Array(60).fill(0)]).buffer);
  assert.equal(readBitmap(png), null);
  assert.equal(readBitmap(new DataView(new ArrayBuffer(0))), null);
});
