// Grad-CAM taken apart: the strongest channels, their weights, and the sum as it grows. The twin of
// anatomy.py and equation.py. Maps are Float32Arrays, row by row.

import { fill } from "./language.js";
import { signedNumber, toDecimals, whereabouts } from "./page_parts.js";

export const CHANNELS_DRAWN = 10;
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
  const activity = new Float32Array(count); // rounds each sum as numpy does: the order is the same
  for (let i = 0; i < featureMaps.length; i++) activity[i % count] += Math.abs(featureMaps[i]);
  const contribution = activity.map((sum, k) => sum * Math.abs(weights[k]));
  const channels = [...weights.keys()].sort((a, b) => contribution[b] - contribution[a]);
  return { channels, featureMaps, weights, shape: [rows, columns] };
}

// Add up so many channels but the first, each times its weight: a signed map.
export function addChannels({ channels, featureMaps, weights }, count, first = 0) {
  const added = new Float64Array(weights.length);
  for (const k of channels.slice(first, count)) added[k] = weights[k];
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

// Write "1 channel", but "2 channels".
function inNumbers(words, what, count) {
  return fill(words[`${count === 1 ? "one" : "many"}_${what}`], { count });
}

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
    channels: inNumbers(words, "channels", whole),
    layer,
    name: className,
    nearness: fill(nearness, { difference: toDecimals(Math.fround(difference), 2) }),
    place: whereabouts(words, heatmap, parts.shape),
  });
}

// The sum as one reads it: weight · channel + ... = signed map → ReLU → heatmap. Each term is a
// button that adds what stands up to it. `colours` are 256 of RdBu_r, three bytes each.
export function equationHtml(words, parts, sums, colours, toUrl = toPngUrl) {
  const { added, soFar, heatmap, whole, rest } = sums;
  const drawn = parts.channels.slice(0, CHANNELS_DRAWN);
  const others = parts.channels.length - drawn.length;
  const limit = [...soFar, ...whole].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const onOneScale = (value) => Math.min(1, Math.max(0, value / (2 * limit || 1) + 0.5));
  const draw = (signed) => drawThumbnail(signed.map(onOneScale), parts.shape, colours);
  const terms = drawn.map((channel, i) => channelHtml(words, parts, channel, i, added, toUrl));
  if (others > 0) {
    const isAdded = added > drawn.length;
    const count = { added: Math.max(0, added - drawn.length), more: others };
    const term = { factor: "…", name: fill(words.more, count), alt: fill(words.rest, count) };
    const classes = `rest ${isAdded ? "added" : "waiting"}`;
    terms.push(termHtml(draw(rest), term, parts.channels.length, classes, toUrl));
  }
  const between = `${signHtml("+")}</span><span class='term'>`; // a plus ends a line, and begins none
  const title = fill(words.signed_map, { channels: inNumbers(words, "channels", added) });
  const rectified = drawThumbnail(
    heatmap.map((value) => value / 2 + 0.5),
    parts.shape,
    colours,
  );
  return (
    `${words.terms}<div class='gradcam-equation'><span class='term'>${terms.join(between)}</span>` +
    `</div><div class='gradcam-equation'>${signHtml("=")}${figureHtml(draw(soFar), title, "", toUrl)}` +
    `${signHtml("→ ReLU →")}${figureHtml(rectified, words.heatmap, "", toUrl)}` +
    `${figureHtml(draw(whole), words.whole_map, "whole", toUrl)}</div>`
  );
}

// One channel with its weight; it is faint if it has not been added yet.
function channelHtml(words, parts, channel, i, added, toUrl) {
  const weight = signedNumber(parts.weights[channel]);
  const side = parts.weights[channel] > 0 ? "for" : "against";
  const state = i < added ? "added" : "waiting";
  const said = { channel, side: words[side], weight, state: words[state] };
  const name = `A<sup>${channel}</sup>`;
  const term = { factor: `${weight} ·`, name, alt: fill(words.channel, said) };
  return termHtml(drawChannel(parts, channel), term, i + 1, `${side} ${state}`, toUrl);
}

function termHtml(picture, { factor, name, alt }, channels, classes, toUrl) {
  return (
    `<button type='button' class='${classes}' data-channels='${channels}' title='${alt}'>` +
    `<span>${factor}</span>${imageHtml(picture, "", toUrl)}<span class='name'>${name}</span></button>`
  );
}

function figureHtml(picture, caption, classes, toUrl) {
  return (
    `<figure class='${classes}'>${imageHtml(picture, caption, toUrl)}` +
    `<figcaption>${caption}</figcaption></figure>`
  );
}

function signHtml(sign) {
  return `<span class='sign'>${sign}</span>`;
}

function imageHtml(picture, alt, toUrl) {
  const size = `width='${picture.width}' height='${picture.height}'`;
  return `<img src='${toUrl(picture)}' ${size} alt='${alt}'>`;
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
  const shares = values.map((value) => (value - low) / (high - low || 1));
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
