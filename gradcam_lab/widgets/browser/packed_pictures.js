// All pictures of an explorer, as browser_half.py packs them: one block of numbers, and perhaps files.

import { writeBitmap } from "./bitmap.js";
import { scalePixels } from "./picture_file.js";

// Give the picture with a number: as the network takes it, and as a file for the page.
export function packedPictures(form, bytes) {
  const files = new Map();
  const [height, width, channels] = form.shape;
  const size = height * width * channels;
  const Numbers = form.type === "uint8" ? Uint8Array : Float32Array;
  const { buffer } = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  const numbersOf = (i) => new Numbers(buffer, i * size * Numbers.BYTES_PER_ELEMENT, size);

  function pixels(i) {
    const numbers = Float32Array.from(numbersOf(i));
    if (form.matrix) return scalePixels(numbers, { channels, ...form });
    return numbers.map((value) => value / form.divisor);
  }

  // As bytes for the page.
  function levels(i) {
    const level = form.level ?? 1; // photographs have none
    return [Uint8Array.from(numbersOf(i), (value) => Math.round(value * level)), form.shape];
  }

  function readFile(i) {
    if (!form.files) return writeBitmap(numbersOf(i), form.shape, form.level);
    const [from, to] = form.files[i];
    return new DataView(buffer, from, to - from);
  }

  function file(i) {
    if (!files.has(i)) files.set(i, readFile(i));
    return files.get(i);
  }

  return { pixels, levels, file };
}
