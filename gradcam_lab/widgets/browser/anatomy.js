// Grad-CAM taken apart: the strongest channels, their weights, and the sum as it grows. The twin of
// anatomy.py and of the small pictures in page_parts.py. Maps are Float32Arrays, row by row.

import { fill, signedNumber, toDecimals, whereabouts } from "./page_parts.js";

const CHANNELS_DRAWN = 10;
const THUMBNAIL_SIDE = 70; // its longer one, in pixels
// 256 as matplotlib computes them: some of these products are a hair below a whole number.
const GRAY_COLOURS = Uint8Array.from(
  { length: 768 },
  (_, i) => Math.floor(i / 3) * (1 / 255) * 255,
);

// ---- From terms to sums

// Order the channels of one image at one layer by what they contribute to its map: feature maps
// (h', w', c), and a weight for each channel.
export function takeApart(featureMaps, weights, [rows, columns, count]) {
  const activity = new Float32Array(count); // rounds each sum as numpy does: equals stay equals
  for (let i = 0; i < featureMaps.length; i++) activity[i % count] += Math.abs(featureMaps[i]);
  const contribution = activity.map((sum, k) => sum * Math.abs(weights[k]));
  const channels = [...weights.keys()].sort((a, b) => contribution[b] - contribution[a]);
  return { channels, featureMaps, weights, shape: [rows, columns] };
}

// Add up the first channels, each times its weight: a signed map.
export function addChannels({ channels, featureMaps, weights }, count) {
  const added = new Float64Array(weights.length);
  for (const k of channels.slice(0, count)) added[k] = weights[k];
  const sums = new Float64Array(featureMaps.length / added.length);
  for (let place = 0, i = 0; place < sums.length; place++)
    for (let k = 0; k < added.length; k++, i++) sums[place] += added[k] * featureMaps[i];
  return Float32Array.from(sums);
}

// The heatmap of a signed map: what is positive, with 1 as its maximum.
export function heatmapOf(signed) {
  const peak = signed.reduce((most, value) => Math.max(most, value), 0);
  return signed.map((value) => (value > 0 ? value / peak : 0));
}

// ---- Words

// Say how many channels have been added, and how near their heatmap is to the complete one.
export function describeSum(words, { added, parts, layer, className, heatmap, complete }) {
  const whole = parts.channels.length;
  const difference = heatmap.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - complete[i])),
    0,
  );
  const nearness = added === whole ? words.complete : words.incomplete;
  return fill(words.anatomy, {
    added,
    whole,
    layer,
    name: className,
    nearness: fill(nearness, { difference: toDecimals(Math.fround(difference), 2) }),
    place: whereabouts(words, heatmap, parts.shape),
  });
}

// The strongest channels with their weights; those not yet added are faint.
export function channelsHtml(words, parts, added, toUrl = toPngUrl) {
  const strongest = parts.channels.slice(0, CHANNELS_DRAWN);
  const figures = strongest.map((channel, i) => {
    const weight = parts.weights[channel];
    const side = weight > 0 ? "for" : "against";
    const state = i < added ? "added" : "waiting";
    const alt = fill(words.channel, { channel, side: words[side], state: words[state] });
    const caption = fill(words.weight, { channel, weight: signedNumber(weight) });
    return figureHtml(drawChannel(parts, channel), alt, caption, `${side} ${state}`, toUrl);
  });
  const heading = fill(words.channels, { count: strongest.length });
  return `${heading}<div class='gradcam-channels'>${figures.join("")}</div>`;
}

// The sum of the channels added so far, and the sum of all, on one scale: blue below 0, white for
// 0, red above. `colours` are 256 of RdBu_r, three bytes each.
export function sumHtml(words, { soFar, whole, shape, added }, colours, toUrl = toPngUrl) {
  const limit = [...soFar, ...whole].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const titled = [
    [fill(words.sum_of_added, { added }), soFar],
    [words.sum_of_all, whole],
  ];
  const figures = titled.map(([title, signed]) => {
    const shares = signed.map((value) => Math.fround(value / (2 * limit || 1)) + 0.5);
    return figureHtml(drawThumbnail(shares, shape, colours), title, title, "", toUrl);
  });
  return `<div class='gradcam-sum'>${figures.join("")}</div>`;
}

function figureHtml(picture, alt, caption, classes, toUrl) {
  const size = `width='${picture.width}' height='${picture.height}'`;
  return (
    `<figure class='${classes}'><img src='${toUrl(picture)}' ${size} alt='${alt}'>` +
    `<figcaption>${caption}</figcaption></figure>`
  );
}

// ---- Small pictures: { width, height, data }, the data in RGBA

// One feature map, from its lowest value in black to its highest in white.
export function drawChannel({ featureMaps, weights, shape }, channel) {
  const values = Float32Array.from(
    { length: featureMaps.length / weights.length },
    (_, place) => featureMaps[place * weights.length + channel],
  );
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  const span = Math.fround(high - low) || 1;
  const shares = values.map((value) => Math.fround(value - low) / span);
  return drawThumbnail(shares, shape, GRAY_COLOURS);
}

// Each value in [0, 1] becomes a pixel; a picture larger than a thumbnail is reduced to one.
export function drawThumbnail(values, [height, width], colours) {
  const data = new Uint8ClampedArray(4 * values.length).fill(255);
  values.forEach((value, i) => {
    const entry = 3 * Math.min(255, Math.trunc(256 * value));
    data.set(colours.subarray(entry, entry + 3), 4 * i);
  });
  return reduceToThumbnail({ width, height, data });
}

// Each new pixel is the mean of those that it stands for, as by Pillow's box filter.
function reduceToThumbnail(picture) {
  const scale = Math.max(picture.width, picture.height) / THUMBNAIL_SIDE;
  if (scale <= 1) return picture;
  const [across, down] = [pixelsMerged(picture.width, scale), pixelsMerged(picture.height, scale)];
  const data = down.flatMap((rows) =>
    across.flatMap((columns) => meanColour(picture, rows, columns)),
  );
  return { width: across.length, height: down.length, data: Uint8ClampedArray.from(data) };
}

// Which old pixels each new one stands for: the first, and the first that is another's.
function pixelsMerged(size, scale) {
  const newSize = Math.max(1, Math.round(size / scale));
  const edges = Array.from({ length: newSize + 1 }, (_, i) =>
    Math.floor((i * size) / newSize + 0.5),
  );
  return edges.slice(1).map((end, i) => [edges[i], end]);
}

function meanColour({ width, data }, [top, bottom], [left, right]) {
  const sums = [0, 0, 0, 0];
  for (let row = top; row < bottom; row++)
    for (let i = 4 * (row * width + left); i < 4 * (row * width + right); i++)
      sums[i % 4] += data[i];
  return sums.map((sum) => sum / ((bottom - top) * (right - left)));
}

function toPngUrl({ width, height, data }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas.toDataURL();
}
