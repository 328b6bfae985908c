// What a digit is like. That it is Python's digit is asked in test_digit.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { toDigit } from "../../../gradcam_lab/widgets/browser/digit.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

test("without ink the digit is zero everywhere", () => {
  assert.deepEqual(toDigit([]), new Float32Array(784));
});

test("a dot is as large as the pen's tip, and in the middle", () => {
  const digit = toDigit([[[0.3, 0.8]]]);
  assert.ok(Math.abs(sum(digit) / (Math.PI * 1.3 ** 2) - 1) < 0.02);
  assert.equal(digit[28 * 14 + 14], 1);
  assert.equal(digit[0], 0);
});

test("a line of no length is a dot", () => {
  const point = [0.3, 0.8];
  assert.deepEqual(toDigit([[point, point]]), toDigit([[point]]));
});

test("it does not matter where or how large somebody draws", () => {
  const large = [
    [
      [0, 0],
      [0, 1],
      [0.5, 1],
    ],
  ];
  const small = [
    [
      [0.5, 0.25],
      [0.5, 0.5],
      [0.625, 0.5],
    ],
  ];
  assert.deepEqual(toDigit(small), toDigit(large));
});

test("y points downwards", () => {
  const letterL = toDigit([
    [
      [0, 0],
      [0, 1],
      [0.5, 1],
    ],
  ]);
  const rows = Array.from({ length: 28 }, (_, row) => sum(letterL.slice(28 * row, 28 * row + 28)));
  assert.ok(rows.indexOf(Math.max(...rows)) > 14);
});
