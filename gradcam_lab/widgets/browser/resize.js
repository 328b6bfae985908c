// Pillow's resampling: heatmaps by its bilinear filter, photographs by its bicubic one. A canvas
// would not do: its filters are each browser's own, and a network's answer moves with them.

const BILINEAR = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
const BICUBIC = { support: 2, weight: (x) => cubic(Math.abs(x)) };
const FIXED_POINT = 2 ** 22; // Pillow rounds the weights for 8-bit pixels to multiples of 1 / this

// Resize a map of floats, (rows, columns) to (height, width).
export function resizeMap(values, [rows, columns], [height, width]) {
  const wide = new Float32Array(rows * width);
  const result = new Float32Array(height * width);
  filterAxis(values, wide, rows, 1, filterWeights(columns, width, BILINEAR));
  filterAxis(wide, result, 1, width, filterWeights(rows, height, BILINEAR));
  return result;
}

// Resize 8-bit pixels of any number of channels, one after the other. To the bit what Pillow makes
// of a picture without transparency: both passes round to 8 bits.
export function resizePicture(pixels, from, to) {
  const channels = pixels.length / (from.width * from.height);
  const wide = new Uint8ClampedArray(from.height * to.width * channels);
  const result = new Uint8ClampedArray(to.height * to.width * channels);
  const [across, down] = ["width", "height"].map((side) =>
    filterWeights(from[side], to[side], BICUBIC).map(({ first, weights }) => ({
      first,
      weights: weights.map(toFixedPoint),
    })),
  );
  filterAxis(pixels, wide, from.height, channels, across, true);
  filterAxis(wide, result, 1, to.width * channels, down, true);
  return result;
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
    const weights = Float64Array.from({ length: end - first }, (_, k) =>
      weight((k + first - centre + 0.5) * (1 / stretch)),
    );
    const total = weights.reduce((sum, value) => sum + value, 0);
    return { first, weights: weights.map((value) => value / total) };
  });
}

function toFixedPoint(weight) {
  return Math.trunc(weight * FIXED_POINT + Math.sign(weight) / 2) / FIXED_POINT;
}

// Filter the middle one of three axes: (before, size, after) becomes (before, newSize, after).
function filterAxis(values, result, before, after, neighbours, isWhole = false) {
  const size = values.length / (before * after);
  let at = 0;
  for (let i = 0; i < before; i++)
    for (const { first, weights } of neighbours)
      for (let j = 0; j < after; j++) {
        let sum = 0;
        let from = (i * size + first) * after + j;
        for (let k = 0; k < weights.length; k++, from += after) sum += weights[k] * values[from];
        result[at++] = isWhole ? Math.floor(sum + 0.5) : sum; // 8-bit arrays clip by themselves
      }
}
