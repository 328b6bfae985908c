// Pillow's resampling: heatmaps by its bilinear filter, photographs by its bicubic one. A canvas
// would not do: its filters are each browser's own, and a network's answer moves with them.

const BILINEAR = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
const BICUBIC = { support: 2, weight: (x) => cubic(Math.abs(x)) };
const known = new Map(); // weights: maps of a layer are resized again and again
const FIXED_POINT = 2 ** 22; // Pillow rounds the weights for 8-bit pixels to multiples of 1 / this

// Resize a map, (rows, columns) to (height, width), with the numbers of superimpose.
export function resizeMap(values, [rows, columns], [height, width]) {
  return filterBothWays(values, { width: columns, height: rows }, { width, height }, BILINEAR);
}

// Resize a picture of any number of channels, none of them transparency: a Uint8ClampedArray, to
// the last bit what Pillow makes of it.
export function resizePicture(pixels, from, to) {
  return filterBothWays(pixels, from, to, BICUBIC);
}

function filterBothWays(values, from, to, filter) {
  const channels = values.length / (from.width * from.height);
  const [across, down] = ["width", "height"].map((side) => {
    const key = `${filter.support} ${from[side]} ${to[side]}`;
    if (!known.has(key)) known.set(key, filterWeights(from[side], to[side], filter));
    return known.get(key);
  });
  // The order shows, as 8-bit pixels are rounded in between. It is that of Pillow 13.
  if (from.height - to.height > Math.max(0, 2 * (from.width - to.width))) {
    const low = filterAxis(values, 1, from.width * channels, down);
    return filterAxis(low, to.height, channels, across);
  }
  const narrow = filterAxis(values, from.height, channels, across);
  return filterAxis(narrow, 1, to.width * channels, down);
}

function cubic(x) {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// Which values around each new one count, and how much: their weights add up to 1.
function filterWeights(size, newSize, { support, weight }) {
  const scale = size / newSize;
  const stretch = Math.max(scale, 1); // a smaller result averages over more neighbours
  return Array.from({ length: newSize }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(size, Math.trunc(centre + support * stretch + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) =>
      weight((k + first - centre + 0.5) * (1 / stretch)),
    );
    const total = weights.reduce((sum, value) => sum + value);
    return { first, weights: weights.map((value) => value / total) };
  });
}

// Filter the middle one of three axes: (before, size, after) becomes (before, newSize, after).
// Numbers of 8 bits are filtered in Pillow's fixed point, rounded, and clipped by their array.
function filterAxis(values, before, after, neighbours) {
  const isWhole = values instanceof Uint8ClampedArray;
  const result = new values.constructor(before * neighbours.length * after);
  const rounded = isWhole ? neighbours.map(toFixedPoint) : neighbours;
  const size = values.length / (before * after);
  for (let i = 0; i < before; i++)
    rounded.forEach(({ first, weights }, n) => {
      const from = (i * size + first) * after;
      const to = (i * rounded.length + n) * after;
      addWeighted(values, from, weights, result, to, after, isWhole);
    });
  return result;
}

// One row out of several that follow each other.
function addWeighted(values, from, weights, result, to, length, isWhole) {
  for (let j = 0; j < length; j++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k] * values[from + k * length + j];
    result[to + j] = isWhole ? Math.floor(sum + 0.5) : sum;
  }
}

function toFixedPoint({ first, weights }) {
  const round = (weight) => Math.trunc(weight * FIXED_POINT + Math.sign(weight) / 2) / FIXED_POINT;
  return { first, weights: weights.map(round) };
}
