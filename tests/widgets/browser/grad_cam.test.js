// The engine by hand: networks so small that every number can be checked on paper.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  backward,
  explain,
  forward,
  METHODS,
  readNetwork,
  toHeatmap,
} from "../../../gradcam_lab/widgets/browser/grad_cam.js";

// A picture of one row, layers in a row behind it, and a dense layer of two classes without a bias.
function networkOf(layers, { width = 4, spatial = ["maps"], answer = "softmax" } = {}) {
  const input = { name: "", kind: "Input", inputs: [], shape: [1, width, 1] };
  const chain = [input, ...layers].map((layer, i) => ({ inputs: i ? [i - 1] : [], ...layer }));
  const floats = [];
  for (const layer of chain)
    layer.weights &&= layer.weights.map(({ shape, values }) => {
      floats.push(...values);
      return { at: floats.length - values.length, shape };
    });
  return readNetwork({ layers: chain, spatial, answer }, Float32Array.from(floats));
}

const row = (kind, window, stride, padding, width) => ({
  ...{ name: "pooled", kind, shape: [1, width, 1], padding },
  ...{ window: [1, window], strides: [1, stride], dilation: [1, 1] },
});
const maps = { name: "maps", kind: "Identity", shape: [1, 4, 1] };
const flat = (size) => ({ name: "flat", kind: "Flatten", shape: [size] });
const dense = (values) => ({
  ...{ name: "dense", kind: "Dense", shape: [2] },
  weights: [{ shape: [values.length / 2, 2], values }],
});
const gradientsOf = (network, pixels, target) => [
  ...backward(network, forward(network, Float32Array.from(pixels)), target, "maps"),
];

test("each logit has the gradients of its own weights", () => {
  const network = networkOf([maps, flat(4), dense([1, 5, 2, 6, 3, 7, 4, 8])]);
  assert.deepEqual(gradientsOf(network, [1, 1, 1, 1], 0), [1, 2, 3, 4]);
  assert.deepEqual(gradientsOf(network, [1, 1, 1, 1], 1), [5, 6, 7, 8]);
});

test("of several maxima in a window the first takes the gradient", () => {
  const pooled = row("MaxPooling2D", 2, 2, "valid", 2);
  const network = networkOf([maps, pooled, flat(2), dense([1, 0, 2, 0])]);
  assert.deepEqual(gradientsOf(network, [3, 3, 0, 7], 0), [1, 0, 0, 2]);
});

test("a place that is the maximum of two windows takes both gradients", () => {
  const pooled = row("MaxPooling2D", 3, 1, "valid", 2);
  const network = networkOf([maps, pooled, flat(2), dense([1, 0, 2, 0])]);
  assert.deepEqual(gradientsOf(network, [0, 0, 9, 1], 0), [0, 0, 3, 0]);
});

test("a global maximum divides its gradient among all maxima", () => {
  const pooled = { ...row("GlobalMaxPooling2D", 4, 1, "valid", 1), shape: [1] };
  const network = networkOf([maps, pooled, dense([6, 0])]);
  assert.deepEqual(gradientsOf(network, [5, 0, 5, 5], 0), [2, 0, 2, 2]);
});

test("a mean over the edge is that of the places that it covers", () => {
  const pooled = row("AveragePooling2D", 3, 2, "same", 2); // one place is padded, at the end
  const network = networkOf([maps, pooled, flat(2), dense([6, 0, 6, 0])]);
  const pass = forward(network, Float32Array.of(3, 6, 9, 5));
  assert.deepEqual([...pass.outputs[2]], [6, 7]);
  assert.deepEqual([...backward(network, pass, 0, "maps")], [2, 2, 2 + 3, 3]);
});

test("ReLU6 lets no gradient through where it clips, nor at 0 and 6", () => {
  const clipped = { ...maps, name: "clipped", activation: "relu6" };
  const network = networkOf([maps, clipped, flat(4), dense([1, 0, 1, 0, 1, 0, 1, 0])]);
  assert.deepEqual(gradientsOf(network, [-1, 0, 6, 7], 0), [0, 0, 0, 0]);
  assert.deepEqual(gradientsOf(network, [1, 5, 6, 0], 0), [1, 1, 0, 0]);
});

test("what is taken twice has the sum of both gradients", () => {
  const added = { name: "added", kind: "Add", shape: [1, 4, 1], inputs: [1, 1] };
  const network = networkOf([maps, added, flat(4), dense([1, 0, 2, 0, 3, 0, 4, 0])]);
  assert.deepEqual(gradientsOf(network, [1, 1, 1, 1], 0), [2, 4, 6, 8]);
});

test("one logit is that of the second class, and less that of the first", () => {
  const one = { ...dense([1, 2]), shape: [1], weights: [{ shape: [4, 1], values: [1, 2, 0, 0] }] };
  const network = networkOf([maps, flat(4), one], { answer: "sigmoid" });
  assert.deepEqual(gradientsOf(network, [1, 1, 1, 1], 1), [1, 2, 0, 0]);
  assert.deepEqual(gradientsOf(network, [1, 1, 1, 1], 0), [-1, -2, 0, 0]);
  const { probabilities, predicted } = forward(network, Float32Array.of(1, 1, 0, 0));
  const share = 1 / (1 + Math.exp(-3));
  assert.deepEqual([...probabilities], [1 - share, share].map(Math.fround));
  assert.equal(predicted, 1);
});

test("a layer that does not lead to the logit has gradients of zero", () => {
  const aside = { name: "aside", kind: "Identity", shape: [1, 4, 1], activation: "relu" };
  const layers = [aside, { ...maps, inputs: [0] }, flat(4), dense([1, 1, 1, 1, 1, 1, 1, 1])];
  const network = networkOf(layers, { spatial: ["aside", "maps"] });
  const pass = forward(network, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual([...backward(network, pass, 0, "aside")], [0, 0, 0, 0]);
});

test("the way back is the same whether it is gone at once or in parts", () => {
  const layers = [
    { ...maps, name: "first" },
    { ...maps, name: "second", activation: "relu" },
    ...[flat(4), dense([1, 5, 2, 6, 3, 7, 4, 8])],
  ];
  const network = networkOf(layers, { spatial: ["first", "second"] });
  const pixels = Float32Array.of(1, -2, 3, 4);
  const inParts = forward(network, pixels);
  const second = backward(network, inParts, 1, "second");
  const first = backward(network, inParts, 1, "first");
  assert.equal(backward(network, inParts, 1, "second"), second); // kept, not computed again
  assert.deepEqual(first, backward(network, forward(network, pixels), 1, "first"));
  assert.deepEqual([...first], [5, 0, 7, 8]);
});

test("gradients go back as far as is asked, and no further", () => {
  const layers = [{ ...maps, name: "first" }, maps, flat(4), dense([1, 5, 2, 6, 3, 7, 4, 8])];
  const network = networkOf(layers, { spatial: ["first", "maps"] });
  const pass = forward(network, Float32Array.of(1, 1, 1, 1));
  backward(network, pass, 0, "maps");
  assert.equal(pass.ways.get(0).gradients[1], undefined);
});

test("sums do not lose small numbers beside large ones", () => {
  const network = networkOf([maps, flat(4), dense([1, 0, 1, 0, 1, 0, 1, 0])]);
  const { outputs } = forward(network, Float32Array.of(2 ** 30, 1, -(2 ** 30), 1));
  assert.equal(outputs.at(-1)[0], 2);
});

test("methods are those of the papers", () => {
  const [values, gradients] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(2, -4, 0.5, 6)];
  const found = Object.fromEntries(
    Object.entries(METHODS).map(([name, method]) => [name, [...method(values, gradients, 2)]]),
  );
  const near = (some, others) =>
    assert.ok(
      some.every((value, i) => Math.abs(value - others[i]) < 1e-6),
      `${some} is not ${others}`,
    );
  near(found.gradcam, [1 * 1.25 + 2 * 1, 3 * 1.25 + 4 * 1]);
  near(found.hirescam, [2 - 8, 1.5 + 24]);
  near(found.layercam, [2, 1.5 + 24]);
  const [x0, x1] = [(1 / 4) * 2 + (3 / 4) * 0.5, (2 / 6) * -4 + (4 / 6) * 6];
  near(found.xgradcam, [x0 + 2 * x1, 3 * x0 + 4 * x1]);
  const [p0, p1] = [2 / (2 + 4 * 2) + 0.5 / (2 + 4 * 0.5), 6 / (2 + 6 * 6)];
  near(found["gradcam++"], [p0 + 2 * p1, 3 * p0 + 4 * p1]);
});

test("a divisor of zero makes no weight", () => {
  const [values, gradients] = [Float32Array.of(1, -1), Float32Array.of(3, 5)];
  assert.deepEqual([...METHODS.xgradcam(values, gradients, 1)], [0, 0]);
  const opposed = [Float32Array.of(-2, 0), Float32Array.of(1, 1)]; // 2 + (-2) * 1
  assert.deepEqual([...METHODS["gradcam++"](...opposed, 1)].map(Math.abs), [0, 0]);
});

test("a heatmap without anything positive is zero everywhere", () => {
  assert.deepEqual([...toHeatmap(Float32Array.of(-3, -0, 0, -1))], [0, 0, 0, 0]);
  assert.deepEqual([...toHeatmap(Float32Array.of(-3, 2, 0, 4))], [0, 0.5, 0, 1]);
});

test("what is no number is said, never shown", () => {
  const network = networkOf([maps, flat(4), dense([1, 0, 1, 0, 1, 0, 1, 0])]);
  assert.throws(() => forward(network, Float32Array.of(1, NaN, 1, 1)), /images contain NaN/);
  assert.throws(() => forward(network, Float32Array.of(1, Infinity, 1, 1)), /images contain NaN/);
  assert.throws(() => forward(network, Float32Array.of(1, 1)), /4 numbers, and this one 2/);
});

test("weights that are no numbers are said, also where a maximum or ReLU would hide them", () => {
  const scale = (values) => ({
    ...{ name: "scale", kind: "Scale", shape: [1, 4, 1], activation: "relu" },
    weights: [[1], [2]].map((_, i) => ({ shape: [1], values: [values[i]] })),
  });
  const pooled = row("MaxPooling2D", 2, 2, "valid", 2);
  for (const broken of [NaN, -Infinity]) {
    const network = networkOf([maps, scale([broken, 0]), pooled, flat(2), dense([1, 0, 1, 0])]);
    assert.throws(() => forward(network, Float32Array.of(1, 1, 1, 1)), /answers NaN or infinity/);
  }
});

test("a map that overflows is said", () => {
  const network = networkOf([maps, flat(4), dense([1e38, 0, 1e38, 0, 1e38, 0, 1e38, 0])]);
  const pass = forward(network, Float32Array.of(1, 0, 0, 0));
  pass.outputs[1].fill(1e38);
  assert.throws(() => explain(network, pass, 0, "maps", "gradcam"), /layer 'maps' overflows/);
});

test("what there is not is named", () => {
  const network = networkOf([maps, flat(4), dense([1, 0, 1, 0, 1, 0, 1, 0])]);
  const pass = forward(network, Float32Array.of(1, 1, 1, 1));
  assert.throws(() => explain(network, pass, 2, "maps", "gradcam"), /no class 2: .* 2, 0 to 1/);
  assert.throws(() => explain(network, pass, 0, "flat", "gradcam"), /no layer 'flat'/);
  assert.throws(() => explain(network, pass, 0, "maps", "scorecam"), /no method 'scorecam'/);
  assert.throws(() => networkOf([{ ...maps, kind: "Attention" }]), /'maps' is a Attention/);
});
