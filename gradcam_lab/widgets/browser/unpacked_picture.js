// A picture file, unpacked by the browser's own decoders and drawn on paper: on the page and in
// workers.

const KNOWN_BEGINNINGS = /^(\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP)/s;

// Whether a file begins as a JPEG, PNG, WebP or GIF does.
export async function beginsAsPicture(blob) {
  const beginning = new Uint8Array(await blob.slice(0, 12).arrayBuffer());
  return KNOWN_BEGINNINGS.test(String.fromCharCode(...beginning));
}

// Upright, as the camera was held (EXIF). Colours stay as the file has them, as Pillow reads them:
// no profile changes them.
export function unpackBitmap(source) {
  return createImageBitmap(source, { colorSpaceConversion: "none" });
}

// White paper shows through what is transparent. The bitmap is reduced to fit into [widest, highest],
// and its memory is given back.
export function drawOnPaper(bitmap, [widest, highest]) {
  const scale = Math.min(1, widest / bitmap.width, highest / bitmap.height);
  const [width, height] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(scale * side)),
  );
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}
