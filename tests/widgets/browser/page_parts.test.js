// What test_same_words.py cannot say: how the texts look. There they are compared with Python's.

import assert from "node:assert/strict";
import test from "node:test";
import { fill } from "../../../gradcam_lab/widgets/browser/language.js";
import {
  describeColumns,
  escapeHtml,
  likeliestOf,
  percent,
  sentence,
  signedNumber,
  warning,
  whereabouts,
} from "../../../gradcam_lab/widgets/browser/page_parts.js";

test("a template is filled once: braces in a value stay", () => {
  assert.equal(fill("{a} and {b}", { a: "{b}", b: 1 }), "{b} and 1");
});

test("what looks like HTML is shown as text", () => {
  assert.equal(escapeHtml(`<b title="a&b">'`), "&lt;b title=&quot;a&amp;b&quot;&gt;&#x27;");
});

test("a percentage that lies halfway goes to the even digit", () => {
  assert.deepEqual([0.998, 0.0625, 0.1875, 1, 0].map(percent), [
    "99.8 %",
    "6.2 %",
    "18.8 %",
    "100.0 %",
    "0.0 %",
  ]);
});

test("a signed number has two digits", () => {
  assert.deepEqual([-0.0037, 0.125, 12, 125, -1e-7, 0].map(signedNumber), [
    "−0.0037",
    "+0.12",
    "+12",
    "+1.2e+02",
    "−1.0e−07",
    "+0.0",
  ]);
});

test("the first of several maxima is the warmest place", () => {
  const words = { places: "a, b, c, d, e, f, g, h, i", warmest: "at {place}", nowhere: "nowhere" };
  assert.equal(whereabouts(words, Float32Array.of(0, 1, 1, 0), [2, 2]), "at c");
  assert.equal(whereabouts(words, new Float32Array(4), [2, 2]), "nowhere");
});

test("without a label nothing is said of the true class", () => {
  const words = { ...PLACELESS, sentence: "{predicted}{true}: {name}", true: ", true {name}" };
  const shown = {
    probabilities: Float32Array.of(0.25, 0.75),
    classNames: ["cat", "dog"],
    target: 0,
  };
  Object.assign(shown, { heatmap: Float32Array.of(1), shape: [1, 1] });
  assert.equal(sentence(words, shown), "dog 75.0 %: cat");
  assert.equal(sentence(words, { ...shown, label: 0 }), "dog 75.0 %, true cat: cat");
});

const PLACELESS = { predicted: "{name} {percent}", places: "", warmest: "", nowhere: "nowhere" };

test("a warning names the methods that it is about, and only at a layer without activation", () => {
  const words = { chance: "{layer}: {methods}", and: " & ", xgradcam: "XGrad-CAM" };
  const methods = ["gradcam", "gradcam++", "xgradcam"];
  assert.equal(warning(words, methods, "add", ["add"]), "add: gradcam++ & XGrad-CAM");
  assert.equal(warning(words, methods, "conv", ["add"]), "");
  assert.equal(warning(words, ["gradcam"], "add", ["add"]), "");
});

test("the likeliest classes come first, and of equally likely ones the first", () => {
  const probabilities = Float32Array.of(0.05, 0.4, 0.02, 0.2, 0.03, 0.3);
  assert.deepEqual(likeliestOf(probabilities, 5), [1, 5, 3, 0, 4]);
  assert.deepEqual(likeliestOf(Float32Array.of(0, 0, 0.5, 0.5, 0), 3), [2, 3, 0]);
});

test("a caption names the columns in which nothing is positive", () => {
  const words = { ...PLACELESS, column: "", columns: "{summary}{blank}", blank: "; not {titles}" };
  Object.assign(words, { other_map: "{difference} from {first}", same_map: "as {first}" });
  const column = { target: 0, probabilities: Float32Array.of(1), shape: [1, 1] };
  const columns = [
    { ...column, method: "gradcam", heatmap: Float32Array.of(1) },
    { ...column, method: "hirescam", heatmap: Float32Array.of(0) },
  ];
  const facts = { classNames: ["cat"], layer: "conv", withoutActivation: [] };
  const { titles, notes, caption } = describeColumns(
    { ...words, methods: "{name}" },
    "methods",
    columns,
    facts,
  );
  assert.deepEqual(titles, ["gradcam", "hirescam"]);
  assert.deepEqual(notes, ["", "1.00 from gradcam"]);
  assert.equal(caption, "cat; not hirescam");
});
