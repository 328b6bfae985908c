// What is refused, and how numbers are made. Reading itself needs a browser's decoders.

import assert from "node:assert/strict";
import { test } from "node:test";
import { preparePixels, readPicture } from "../../../gradcam_lab/widgets/browser/picture_file.js";

const RULES = {
  longestSide: 100,
  maximumPixels: 1000,
  words: { empty: "empty", otherFile: "other file", tooLarge: "too large", damaged: "damaged" },
};

test("what does not begin like a picture is refused in the words that are given", async () => {
  const files = {
    "": "empty",
    "%PDF-1.7": "other file",
    RIFF1234WAVE: "other file",
    a: "other file",
  };
  for (const [content, words] of Object.entries(files))
    await assert.rejects(readPicture(new Blob([content]), RULES), { message: words });
});

test("numbers are values times matrix, plus offset", () => {
  const picture = { width: 1, height: 1, pixels: Uint8ClampedArray.of(10, 20, 30) };
  const matrix = [
    [0, 0, 1],
    [0, 1, 0],
    [0.5, 0, 0],
  ];
  const form = { size: [1, 2], channels: 3, matrix, offset: [1, 2, 3] };
  assert.deepEqual(preparePixels(picture, form), Float32Array.of(16, 22, 13, 16, 22, 13));
});

test("a network of grey pictures gets one number for a pixel, weighted as eyes do", () => {
  const form = { size: [1, 1], channels: 1, matrix: [[1 / 255]], offset: [0] };
  const luma = ([...colour]) =>
    Math.round(
      255 * preparePixels({ width: 1, height: 1, pixels: Uint8ClampedArray.from(colour) }, form)[0],
    );
  assert.deepEqual(
    [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [9, 9, 9],
    ].map(luma),
    [76, 150, 29, 9],
  );
});
