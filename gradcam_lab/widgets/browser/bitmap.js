// Small pictures as files that are written and read at once: a BMP of 24 bits. Of a PNG browsers
// take their time, and the picture would come long after its heatmap.

const HEADER = 54; // bytes
const FOR_ROWS = 4; // a row takes a multiple of so many bytes; in it, blue comes before red

// Encode numbers (height, width, channels), each times `level`.
export function writeBitmap(numbers, [height, width, channels], level) {
  const row = FOR_ROWS * Math.ceil((3 * width) / FOR_ROWS);
  const file = new DataView(new ArrayBuffer(HEADER + row * height));
  const bytes = new Uint8ClampedArray(file.buffer); // rounds what is assigned to it
  bytes.set([66, 77]); // "BM"
  file.setUint32(10, HEADER, true); // where the pixels begin
  file.setUint32(14, HEADER - 14, true); // what is left of the header
  file.setInt32(18, width, true);
  file.setInt32(22, -height, true); // from the top
  file.setUint16(26, 1, true);
  file.setUint16(28, 24, true); // bits of a pixel
  for (let y = 0, place = 0; y < height; y++)
    for (let x = 0; x < width; x++, place++)
      for (let colour = 0; colour < 3; colour++)
        bytes[HEADER + y * row + 3 * x + 2 - colour] =
          level * numbers[channels === 1 ? place : 3 * place + colour];
  return file;
}

// Read such a file as { width, height, data }, the data in RGBA; null if it is another one.
export function readBitmap(file) {
  if (file.byteLength < HEADER || file.getUint16(0) !== 0x424d) return null;
  const [width, height] = [file.getInt32(18, true), -file.getInt32(22, true)];
  const row = FOR_ROWS * Math.ceil((3 * width) / FOR_ROWS);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4)
      for (let colour = 0; colour < 3; colour++)
        data[i + colour] = file.getUint8(HEADER + y * row + 3 * x + 2 - colour);
  return { width, height, data };
}
