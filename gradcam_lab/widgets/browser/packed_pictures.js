// All pictures of an explorer, as browser_half.py packs them: one block of numbers, and perhaps files.

import { scalePixels, toPng } from "./picture_file.js";

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

  function readFile(i) {
    if (!form.files) return toPng(toPicture(numbersOf(i), form.shape, form.level));
    const [from, to] = form.files[i];
    return new DataView(buffer, from, to - from);
  }

  function file(i) {
    if (!files.has(i)) files.set(i, readFile(i));
    return files.get(i);
  }

  return { pixels, file };
}

// Turn numbers (height, width, channels) into an RGB picture.
export function toPicture(numbers, [height, width, channels], level) {
  const pixels = new Uint8ClampedArray(3 * height * width); // rounds what is assigned to it
  for (let i = 0; i < pixels.length; i++) {
    const place = Math.floor(i / 3);
    pixels[i] = level * numbers[channels === 1 ? place : i];
  }
  return { width, height, pixels };
}
