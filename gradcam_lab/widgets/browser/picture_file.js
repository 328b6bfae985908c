// A picture file of one's own without a kernel: from any bytes to the numbers that a network takes,
// as picture_files.py and PretrainedNetwork.preprocess do it. A picture is { width, height, pixels },
// 8-bit RGB, row by row. Everything here works in a worker, too: huge pictures take their time.

import { resizePicture } from "./resize.js";
import { beginsAsPicture, drawOnPaper, unpackBitmap } from "./unpacked_picture.js";

// Read a JPEG, PNG, WebP or GIF: upright, on white paper, of an animation the first frame. What is
// to be refused is an Error with one of `words`, for the person who chose the file; all limits and
// words are what `in_browser` gives, in picture_files.py. The browser unpacks, blends and reduces:
// levels may differ a little from Pillow's.
export async function readPicture(blob, { longestSide, maximumPixels, words }) {
  if (blob.size === 0) throw new Error(words.empty);
  if (!(await beginsAsPicture(blob))) throw new Error(words.otherFile);
  const bitmap = await unpackBitmap(blob).catch(() => {
    throw new Error(words.damaged);
  });
  const { width, height } = bitmap;
  if (width * height > maximumPixels) {
    bitmap.close();
    throw new Error(words.tooLarge);
  }
  const canvas = drawOnPaper(bitmap, [longestSide, longestSide]);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return { width: canvas.width, height: canvas.height, pixels: copyColours(data, 4, 3) };
}

// Encode a picture for the view, reduced to fit into `largest`: widest and highest.
export async function toPng({ width, height, pixels }, largest = [width, height]) {
  const image = new ImageData(copyColours(pixels, 3, 4), width, height);
  const canvas = drawOnPaper(await unpackBitmap(image), largest);
  return new DataView(await (await canvas.convertToBlob()).arrayBuffer());
}

// Turn a picture into a network's numbers: resized by Pillow's filter, made grey for a network of
// one channel, and then values @ matrix + offset, which picture_scale.py finds.
export function preparePixels(picture, { size, channels, matrix, offset }) {
  const [height, width] = size;
  const colours = resizePicture(picture.pixels, picture, { width, height });
  return scalePixels(channels === 1 ? toGrey(colours) : colours, { channels, matrix, offset });
}

// Each pixel's channels @ matrix + offset.
export function scalePixels(values, { channels, matrix, offset }) {
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += channels)
    for (let j = 0; j < channels; j++) {
      let sum = offset[j];
      for (let i = 0; i < channels; i++) sum += values[at + i] * matrix[i][j];
      result[at + j] = sum;
    }
  return result;
}

// From RGBA to RGB, or back: opaque.
function copyColours(pixels, step, newStep) {
  const result = new Uint8ClampedArray((pixels.length / step) * newStep).fill(255);
  for (let from = 0, to = 0; from < pixels.length; from += step, to += newStep)
    for (let colour = 0; colour < 3; colour++) result[to + colour] = pixels[from + colour];
  return result;
}

// Pillow's mode "L".
function toGrey(colours) {
  const result = new Uint8Array(colours.length / 3);
  for (let i = 0; i < result.length; i++) {
    const [red, green, blue] = [colours[3 * i], colours[3 * i + 1], colours[3 * i + 2]];
    result[i] = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
  }
  return result;
}
