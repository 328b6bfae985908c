// Packed pictures: as the network takes them, and as files for the view.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packedPictures } from "../../../gradcam_lab/widgets/browser/packed_pictures.js";

const BYTES = Uint8Array.from([9, 0, 51, 102, 255, 0, 0, 255]); // the first is somebody else's

test("bytes are divided for the network, and may begin anywhere", () => {
  const form = { shape: [1, 3, 1], type: "uint8", divisor: 255, level: 1 };
  const { pixels } = packedPictures(form, new DataView(BYTES.buffer, 1));
  assert.deepEqual([...pixels(0)], [0, 0.2, 0.4].map(Math.fround));
  assert.deepEqual([...pixels(1)], [1, 0, 0]);
});

test("photographs have files, and go through matrix and offset", () => {
  const scale = { matrix: [[2]], offset: [-1] };
  const form = { shape: [1, 2, 1], type: "uint8", files: [[2, 5]], ...scale };
  const { pixels, file } = packedPictures(form, new DataView(BYTES.buffer, 1));
  assert.deepEqual([...pixels(0)], [-1, 101]);
  const { buffer, byteOffset, byteLength } = file(0);
  assert.deepEqual([...new Uint8Array(buffer, byteOffset, byteLength)], [102, 255, 0]);
});
