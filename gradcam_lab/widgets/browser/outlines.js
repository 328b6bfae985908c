// What is outlined for one cell of a heatmap: the cell itself, and the pixels that it sees.
// A receptive field is, for rows and for columns, [size, stride, start, length]: along these, cell i
// sees `size` pixels from start + i * stride on, of a picture that has `length`.

import { fill } from "./language.js";

// Find the cell at a distance from the picture's edge.
export function cellAt(distance, length, cells) {
  return Math.min(cells - 1, Math.max(0, Math.floor((distance / length) * cells)));
}

// Tell where a cell lies: its first and last edge, as shares of the picture's side.
export function cellEdges(number, cells) {
  return [number / cells, (number + 1) / cells];
}

// Tell where the pixels lie that a cell sees; beyond the picture's edge there are none.
export function fieldEdges(along, number) {
  return seenPixels(along, number).map((pixel) => pixel / along[3]);
}

function seenPixels([size, stride, start, length], number) {
  const first = start + number * stride;
  return [first, first + size].map((pixel) => Math.min(length, Math.max(0, pixel)));
}

// Say what stands in a cell, and how much of the picture it sees.
export function describeCell(value, places, field, tell = fill) {
  const said = { row: places[0], column: places[1], value: value.toFixed(2) };
  if (!field.length) return tell("heatmap[{row}, {column}] = {value}", said);
  const sides = field.map((along, axis) => {
    const [first, end] = seenPixels(along, places[axis]);
    return end - first;
  });
  const seesAll = field.every(([, , , length], axis) => sides[axis] === length);
  if (seesAll) return tell("heatmap[{row}, {column}] = {value}, sees the whole picture", said);
  const seen = { ...said, height: sides[0], width: sides[1] };
  return tell("heatmap[{row}, {column}] = {value}, sees {height} × {width} pixels", seen);
}
