// From strokes of a pen to a digit such as MNIST's: drawing.py in JavaScript, equal to the last bit.
// A stroke is a list of points [x, y] in [0, 1], to three decimals, as the drawing pad has them.

const DIGIT_SIDE = 28; // pixels
const BOX_SIDE = 20; // pixels of the square that the ink fits into
const MIDDLE_OF_MASS = 14.5; // pixels: where MNIST has its centres of mass
const PEN_WIDTH = 2.6; // pixels
const SHEET_SIDE = BOX_SIDE + 2 * 15; // pixels: the box, and room around it for the digit
const PARTS = 10; // of a pixel, each way: a pixel is the share of its parts that has ink
const SHEET_PARTS = SHEET_SIDE * PARTS;
const SMALLEST_SIZE = 0.05; // of the drawing area: what is smaller is scaled as if it had this size

// Returns the digit's 28 × 28 values in [0, 1], row by row.
export function toDigit(strokes) {
  const digit = new Float32Array(DIGIT_SIDE * DIGIT_SIDE);
  if (strokes.length === 0) return digit;
  const ink = drawInk(fitIntoBox(strokes));
  const [left, top] = placeDigit(ink);
  return digit.map((_, pixel) => {
    const [row, column] = [Math.floor(pixel / DIGIT_SIDE), pixel % DIGIT_SIDE];
    return shareOfInk(ink, left + column * PARTS, top + row * PARTS);
  });
}

// Scale points so that the ink, pen included, fits the box; in parts of the sheet's pixels.
function fitIntoBox(strokes) {
  const points = strokes.flat();
  const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const high = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  const size = Math.max(high[0] - low[0], high[1] - low[1], SMALLEST_SIZE);
  const scale = ((BOX_SIDE - PEN_WIDTH) / size) * PARTS;
  const place = (value, axis) => (value - (low[axis] + high[axis]) / 2) * scale + SHEET_PARTS / 2;
  return strokes.map((stroke) => stroke.map((point) => point.map(place)));
}

// Mark the parts of pixels that have their middle within half a pen's width of a line; a point
// alone is a line, too.
function drawInk(strokes) {
  const ink = new Uint8Array(SHEET_PARTS * SHEET_PARTS);
  for (const stroke of strokes)
    for (const [i, end] of stroke.entries()) drawInkLine(ink, stroke[Math.max(0, i - 1)], end);
  return ink;
}

// Mark what lies near a line, among what lies near the box around it.
function drawInkLine(ink, start, end) {
  const reach = (PEN_WIDTH * PARTS) / 2;
  const [left, top] = [0, 1].map((i) => Math.floor(Math.min(start[i], end[i]) - reach));
  const [right, bottom] = [0, 1].map((i) => Math.ceil(Math.max(start[i], end[i]) + reach));
  const [across, down] = [end[0] - start[0], end[1] - start[1]];
  const length = across * across + down * down || 1;
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - start[0];
      const y = row + 0.5 - start[1];
      const share = Math.min(1, Math.max(0, (x * across + y * down) / length)); // of the way
      const restX = x - share * across;
      const restY = y - share * down;
      if (restX * restX + restY * restY <= reach * reach) ink[row * SHEET_PARTS + column] = 1;
    }
}

// Returns left and top of the digit around the centre of mass; no ink falls off its edge.
function placeDigit(ink) {
  const across = new Float64Array(SHEET_PARTS);
  const down = new Float64Array(SHEET_PARTS);
  for (let row = 0; row < SHEET_PARTS; row++)
    for (let column = 0; column < SHEET_PARTS; column++) {
      const value = ink[row * SHEET_PARTS + column];
      across[column] += value;
      down[row] += value;
    }
  return [across, down].map((counts) => {
    const total = counts.reduce((sum, count) => sum + count);
    const moment = counts.reduce((sum, count, i) => sum + count * (i + 0.5), 0);
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0) + 1 - DIGIT_SIDE * PARTS;
    const corner = moment / total - MIDDLE_OF_MASS * PARTS;
    return Math.floor(Math.min(first, Math.max(last, corner)) + 0.5);
  });
}

function shareOfInk(ink, left, top) {
  let count = 0;
  for (let row = top; row < top + PARTS; row++)
    for (let column = left; column < left + PARTS; column++)
      count += ink[row * SHEET_PARTS + column];
  return count / PARTS ** 2;
}
