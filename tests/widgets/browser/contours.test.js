import assert from "node:assert/strict";
import test from "node:test";
import { findContour, toPath } from "../../../gradcam_lab/widgets/browser/contours.js";

// Read a map at a place between the centres of its cells.
function interpolate(values, columns, x, y) {
  const [i, j] = [x - 0.5, y - 0.5];
  const [left, top] = [Math.min(columns - 2, Math.floor(i)), Math.floor(j)];
  const at = (dx, dy) =>
    values[Math.min(values.length / columns - 1, top + dy) * columns + left + dx];
  const row = (dy) => at(0, dy) + (i - left) * (at(1, dy) - at(0, dy));
  return row(0) + (j - top) * (row(1) - row(0));
}

test("on a slope the line is straight, and where the value is", () => {
  const slope = Float32Array.of(0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1);
  const found = findContour(slope, [3, 3], 0.25);
  assert.deepEqual(
    found.map(([x0, y0, x1, y1]) => [x0, x1, Math.min(y0, y1), Math.max(y0, y1)]),
    [
      [1, 1, 0.5, 1.5],
      [1, 1, 1.5, 2.5],
    ],
  );
});

test("every end of a line has the value", () => {
  const columns = 9;
  const values = Float32Array.from({ length: 63 }, (_, i) => ((i * 37) % 64) / 64);
  const segments = findContour(values, [7, columns], 0.4);
  assert.ok(segments.length > 40);
  for (const [x0, y0, x1, y1] of segments) {
    assert.ok(Math.abs(interpolate(values, columns, x0, y0) - 0.4) < 1e-6);
    assert.ok(Math.abs(interpolate(values, columns, x1, y1) - 0.4) < 1e-6);
  }
});

test("a hill inside the map has a closed line around it", () => {
  const values = new Float32Array(25);
  for (const [place, value] of [
    [6, 1],
    [7, 0.9],
    [11, 0.8],
    [12, 0.6],
    [18, 0.7],
  ])
    values[place] = value;
  const ends = new Map();
  for (const [x0, y0, x1, y1] of findContour(values, [5, 5], 0.5))
    for (const end of [`${x0} ${y0}`, `${x1} ${y1}`]) ends.set(end, (ends.get(end) ?? 0) + 1);
  assert.ok(ends.size >= 8);
  assert.deepEqual(new Set(ends.values()), new Set([2]));
});

test("at a saddle the line goes around what differs from the middle", () => {
  const highMiddle = findContour(Float32Array.of(1, 0.4, 0.4, 1), [2, 2], 0.5);
  const lowMiddle = findContour(Float32Array.of(0.6, 0, 0, 0.6), [2, 2], 0.5);
  const near = (segments, x, y) =>
    segments.some(([x0, y0, x1, y1]) => Math.hypot((x0 + x1) / 2 - x, (y0 + y1) / 2 - y) < 0.3);
  assert.deepEqual([near(highMiddle, 1.5, 0.5), near(highMiddle, 0.5, 1.5)], [true, true]);
  assert.deepEqual([near(lowMiddle, 0.5, 0.5), near(lowMiddle, 1.5, 1.5)], [true, true]);
});

test("a map of one value has no line", () => {
  assert.deepEqual(findContour(new Float32Array(9).fill(0.5), [3, 3], 0.5), []);
  assert.deepEqual(findContour(Float32Array.of(1), [1, 1], 0.5), []);
});

test("a path is short", () => {
  assert.equal(toPath([[1, 0.5, 4 / 3, 1.5]]), "M1 0.5L1.33 1.5");
});
