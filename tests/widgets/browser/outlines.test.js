import assert from "node:assert/strict";
import test from "node:test";
import {
  cellAt,
  cellEdges,
  describeCell,
  fieldEdges,
} from "../../../gradcam_lab/widgets/browser/outlines.js";

const FIELD = [
  [8, 2, -3, 28],
  [6, 4, 0, 28],
];

test("a cell is found by where one points, also beyond the edges", () => {
  assert.deepEqual(
    [-5, 0, 99.9, 100, 280, 300].map((distance) => cellAt(distance, 280, 14)),
    [0, 0, 4, 5, 13, 13],
  );
  assert.deepEqual(cellEdges(3, 12), [0.25, 4 / 12]);
});

test("what a cell sees ends at the picture's edges", () => {
  assert.deepEqual(fieldEdges(FIELD[0], 5), [7 / 28, 15 / 28]);
  assert.deepEqual(fieldEdges(FIELD[0], 0), [0, 5 / 28]);
  assert.deepEqual(fieldEdges(FIELD[0], 13), [23 / 28, 1]);
});

test("words tell the value, and how many pixels are seen: rows × columns", () => {
  assert.equal(describeCell(0.614, [3, 4], []), "heatmap[3, 4] = 0.61");
  assert.equal(describeCell(0.614, [3, 4], FIELD), "heatmap[3, 4] = 0.61, sees 8 × 6 pixels");
  assert.equal(describeCell(0, [0, 4], FIELD), "heatmap[0, 4] = 0.00, sees 5 × 6 pixels");
  const large = [851, 32, -394, 224];
  assert.match(describeCell(1, [3, 3], [large, large]), /, sees the whole picture$/);
});
