// In a Web Worker: a large picture file becomes a smaller one. Unpacking, drawing and packing again
// take a photograph of 12 megapixels half a second, and the page goes on meanwhile.

import { beginsAsPicture, drawOnPaper, unpackBitmap } from "./unpacked_picture.js";

const PACKED = { type: "image/jpeg", quality: 0.9 };

// Returns the file itself if it need not be reduced, or cannot be: then Python says why.
export async function reduceFile({ file, longestSide, maximumBytes }) {
  if (!(await beginsAsPicture(file))) return file;
  const bitmap = await unpackBitmap(file);
  if (Math.max(bitmap.width, bitmap.height) <= longestSide && file.size <= maximumBytes)
    return file;
  const reduced = await drawOnPaper(bitmap, [longestSide, longestSide]).convertToBlob(PACKED);
  return reduced.size < file.size ? reduced : file;
}

if ("DedicatedWorkerGlobalScope" in globalThis)
  addEventListener("message", async ({ data }) =>
    postMessage(await reduceFile(data).catch(() => data.file)),
  );
