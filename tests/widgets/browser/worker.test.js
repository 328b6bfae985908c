// The worker's answers, message by message.

import assert from "node:assert/strict";
import { test } from "node:test";

import { keep, startEngine } from "../../../gradcam_lab/widgets/browser/worker.js";

const description = {
  layers: [
    { name: "", kind: "Input", inputs: [], shape: [1, 3, 1] },
    { name: "strong", kind: "Identity", inputs: [0], shape: [1, 3, 1] },
    {
      ...{ name: "weak", kind: "Scale", inputs: [1], shape: [1, 3, 1] },
      weights: [
        { at: 0, shape: [1] },
        { at: 1, shape: [1] },
      ],
    },
    { name: "flat", kind: "Flatten", inputs: [2], shape: [3] },
    { name: "dense", kind: "Dense", inputs: [3], shape: [2], weights: [{ at: 2, shape: [3, 2] }] },
  ],
  spatial: ["strong", "weak"],
  answer: "softmax",
};
const weights = Float32Array.of(0.5, -1, 1, -1, 1, -1, 1, -1); // class 0 is the sum, class 1 less it
const softmax = (z) => [1 / (1 + Math.exp(-2 * z)), 1 / (1 + Math.exp(2 * z))];
const probed = [0, 1, 2].map((i) => (i * 0.6180339887498949) % 1);
const probe = softmax(probed.reduce((sum, value) => sum + value / 2 - 1, 0));

function loaded() {
  const reply = startEngine();
  assert.deepEqual(reply({ load: { description, weights: weights.buffer, probe } }), {
    loaded: true,
  });
  return reply;
}

const item = { key: "a", pixels: Float32Array.of(0, 2, 8), target: 0, method: "gradcam" };

test("a question gets the target, its probabilities, a heatmap and its shape", () => {
  const { question, answers } = loaded()({ question: 7, items: [item], layer: "strong" });
  assert.equal(question, 7);
  assert.deepEqual(Object.keys(answers[0]), ["target", "probabilities", "heatmap", "shape"]);
  assert.deepEqual(answers[0].heatmap, Float32Array.of(0, 0.25, 1));
  assert.deepEqual(answers[0].shape, [1, 3]);
  assert.deepEqual(answers[0].probabilities, Float32Array.from(softmax(2)));
});

test("of a target below 0 the predicted class is explained, and named", () => {
  const items = [
    { ...item, target: -1 },
    { ...item, key: "b", pixels: new Float32Array(3), target: -1 },
  ];
  const { answers } = loaded()({ question: 1, items, layer: "weak" });
  assert.deepEqual(
    answers.map(({ target }) => target),
    [0, 1],
  );
});

test("a class without a positive map gets zeros, on any scale", () => {
  for (const sameScale of [false, true]) {
    const items = [{ ...item, target: 1 }];
    const { answers } = loaded()({ question: 1, items, layer: "strong", sameScale });
    assert.deepEqual(answers[0].heatmap, new Float32Array(3));
  }
});

test("on one scale the strongest layer reaches 1, and another its share of that", () => {
  const ask = (layer) =>
    loaded()({ question: 1, items: [item], layer, sameScale: true }).answers[0];
  assert.deepEqual(ask("strong").heatmap, Float32Array.of(0, 0.25, 1)); // signed: 0, 1, 4
  assert.deepEqual(ask("weak").heatmap, Float32Array.of(0, 0, 0.75)); // signed: -1, 0, 3
});

test("terms are the feature maps and the weights of Grad-CAM", () => {
  const message = {
    question: 1,
    items: [{ ...item, method: "hirescam" }],
    layer: "strong",
    terms: true,
  };
  const { terms } = loaded()(message).answers[0];
  assert.deepEqual(terms, { featureMaps: Float32Array.of(0, 2, 8), weights: Float32Array.of(0.5) });
});

test("a network that answers otherwise than in Python is refused, and the one before it forgotten", () => {
  const reply = loaded();
  for (const wrong of [
    [probe[1], probe[0]],
    [NaN, NaN],
    [probe[0]],
    probe.map((each) => each + 0.002),
  ]) {
    const { refused } = reply({ load: { description, weights: weights.buffer, probe: wrong } });
    assert.match(refused, /different probabilities/);
    const { question, error } = reply({ question: 3, items: [item], layer: "strong" });
    assert.equal(question, 3);
    assert.match(error, /no network/);
  }
});

test("a description that cannot be read is refused in words", () => {
  const strange = { ...description, layers: [{ ...description.layers[0], kind: "Strange" }] };
  const { refused } = startEngine()({
    load: { description: strange, weights: weights.buffer, probe },
  });
  assert.match(refused, /Strange/);
  assert.ok(startEngine()({ load: {} }).refused);
});

test("a question that cannot be answered is answered with words, and the next one as usual", () => {
  const reply = loaded();
  const nothing = { ...item, pixels: Float32Array.of(0, NaN, 1) };
  assert.match(reply({ question: 1, items: [nothing], layer: "weak" }).error, /NaN/);
  assert.match(reply({ question: 2, items: [item], layer: "other" }).error, /no layer 'other'/);
  assert.match(
    reply({ question: 3, items: [{ ...item, target: 5 }], layer: "weak" }).error,
    /class 5/,
  );
  assert.ok(reply({ question: 4 }).error);
  assert.ok(reply({ question: 5, items: [item], layer: "weak" }).answers);
});

test("another picture under a known key is another picture", () => {
  const reply = loaded();
  reply({ question: 1, items: [item], layer: "strong" });
  const changed = { ...item, pixels: Float32Array.of(8, 2, 0) };
  const { answers } = reply({ question: 2, items: [changed], layer: "strong" });
  assert.deepEqual(answers[0].heatmap, Float32Array.of(1, 0.25, 0));
});

function passOf(numbers, ...gradients) {
  const ways = gradients.map((length, target) => [target, { gradients: { 1: { length } } }]);
  return { outputs: [{ length: numbers }], ways: new Map(ways) };
}

function keepAll(...passes) {
  const kept = new Map();
  passes.forEach((pass, key) => {
    keep(kept, key, pass);
  });
  return kept;
}

test("passes are kept as long as there is room, the oldest goes first, two stay in any case", () => {
  const left = (...passes) => [...keepAll(...passes).keys()];
  assert.deepEqual(left(passOf(9), passOf(9), passOf(9)), [0, 1, 2]);
  assert.deepEqual(left(passOf(2 ** 23), passOf(2 ** 24), passOf(2 ** 24)), [1, 2]);
  assert.deepEqual(left(passOf(2 ** 26), passOf(2 ** 26), passOf(2 ** 26)), [1, 2]);
});

test("a pass that is asked for again is the latest", () => {
  const kept = keepAll(passOf(2 ** 23), passOf(2 ** 23), passOf(2 ** 23));
  keep(kept, 0, kept.get(0));
  keep(kept, 3, passOf(2 ** 24));
  assert.deepEqual([...kept.keys()], [2, 0, 3]); // 2 ** 23 + 2 ** 23 + 2 ** 24: just enough room
});

test("where passes alone take the room, the ways back of the oldest targets go", () => {
  const kept = keepAll(passOf(2 ** 24, 2 ** 23, 2 ** 23, 2 ** 23));
  assert.deepEqual([...kept.get(0).ways.keys()], [1, 2]);
});
