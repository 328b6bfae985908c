// Grad-CAM without any library: what a network answers, the gradients of one class score, and what
// five methods make of them. Arrays are (h, w, c), row by row; sums are taken in float64.

import { LAYER_KINDS, LIMITS, readLayer, sumOf } from "./layer_kinds.js";

// A network as network.py describes it; `floats` holds all its weights, one behind the other.
export function readNetwork({ layers, spatial, answer }, floats) {
  return { spatial, answer, layers: layers.map((layer) => readLayer(layer, layers, floats)) };
}

// ---- A pass through the network, and back

// The pass keeps all that it computes: what is asked next of the same picture begins there.
export function forward(network, pixels) {
  const { layers, answer } = network;
  if (pixels.length !== layers[0].size)
    throw new Error(`a picture has ${layers[0].size} numbers, and this one ${pixels.length}`);
  if (!areFinite(pixels))
    throw new Error("images contain NaN or infinite values: look at how they were prepared");
  const outputs = [];
  for (const layer of layers) {
    const inputs = layer.inputs.length ? inputsOf(layer, outputs) : [pixels];
    const output = LAYER_KINDS[layer.kind].forward(layer, inputs);
    if (!areFinite(output))
      // an activation could hide it
      throw new Error(
        "the network answers NaN or infinity: its training diverged, or its weights are damaged. " +
          "Train it anew, with a smaller learning rate, or load it again",
      );
    outputs.push(layer.activation ? clip(output, LIMITS[layer.activation]) : output);
  }
  const probabilities = PROBABILITIES[answer](outputs.at(-1));
  const predicted = probabilities.indexOf(largestOf(probabilities));
  return { outputs, probabilities, predicted, ways: new Map() };
}

function inputsOf(layer, outputs) {
  return layer.inputs.map((number) => outputs[number]);
}

function clip(values, limit) {
  const clipped = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++)
    clipped[i] = values[i] < 0 ? 0 : Math.min(values[i], limit);
  return clipped;
}

function areFinite(values) {
  let sum = 0; // of float32 in float64: it does not overflow by itself
  for (let i = 0; i < values.length; i++) sum += values[i];
  return Number.isFinite(sum);
}

export function largestOf(values) {
  return values.reduce((a, b) => Math.max(a, b));
}

const PROBABILITIES = {
  softmax(logits) {
    const largest = largestOf(logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((a, b) => a + b);
    return Float32Array.from(powers, (power) => power / sum);
  },
  sigmoid(logits) {
    const shares = Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
    return Float32Array.from(shares.length === 1 ? [1 - shares[0], shares[0]] : shares);
  },
};

// The gradients of a target's logit at the output of a layer. The way back to it is kept: what is
// asked next of the same target goes on from there.
export function backward({ layers, spatial }, pass, target, name) {
  if (!spatial.includes(name)) throw new Error(`the network has no layer '${name}' to explain`);
  const asked = numberOf(layers, name);
  const way = pass.ways.get(target) ?? beginBack(layers.length - 1, pass, target);
  pass.ways.delete(target); // so that the last one asked for is the last
  pass.ways.set(target, way);
  for (; way.reached > asked; way.reached--) stepBack(layers, pass, way);
  way.gradients[asked] ??= new Float32Array(layers[asked].size); // it does not lead to the logit
  return way.gradients[asked];
}

function numberOf(layers, name) {
  return layers.findIndex((layer) => layer.name === name);
}

function beginBack(last, { outputs, probabilities }, target) {
  const classes = probabilities.length;
  if (!(target in probabilities))
    throw new Error(`there is no class ${target}: the model has ${classes}, 0 to ${classes - 1}`);
  const gradients = outputs[last].map((_, i) => (i === target ? 1 : 0));
  if (gradients.length === 1) gradients[0] = target === 1 ? 1 : -1; // one logit z: of -z and z
  return { reached: last, gradients: { [last]: gradients } };
}

function stepBack(layers, { outputs }, { reached, gradients }) {
  if (!gradients[reached]) return; // it does not lead to the logit
  const layer = layers[reached];
  const { kind, activation, inputs } = layer;
  const passed = activation
    ? gate(gradients[reached], outputs[reached], LIMITS[activation])
    : gradients[reached];
  LAYER_KINDS[kind]
    .backward(layer, passed, inputsOf(layer, outputs), outputs[reached])
    .forEach((part, i) => {
      const others = gradients[inputs[i]];
      gradients[inputs[i]] = others ? sumOf(others, part) : part;
    });
}

// An activation lets those gradients through whose values it has not clipped.
function gate(gradients, outputs, limit) {
  const passed = new Float32Array(gradients.length);
  for (let i = 0; i < gradients.length; i++)
    if (outputs[i] > 0 && outputs[i] < limit) passed[i] = gradients[i];
  return passed;
}

// ---- The methods of methods.py: from feature maps and their gradients to a signed map

export const METHODS = {
  gradcam: (maps, gradients, channels) => weightedSum(maps, channelMeans(gradients, channels)),
  "gradcam++"(maps, gradients, channels) {
    const sums = channelSums(maps, channels);
    const shares = gradients.map((gradient, i) => {
      const divisor = 2 + sums[i % channels] * gradient;
      return gradient > 0 && divisor !== 0 ? gradient / divisor : 0;
    });
    return weightedSum(maps, channelSums(shares, channels));
  },
  hirescam(maps, gradients, channels) {
    return placeSums(
      maps.map((value, i) => value * gradients[i]),
      channels,
    );
  },
  layercam(maps, gradients, channels) {
    return placeSums(
      maps.map((value, i) => value * Math.max(gradients[i], 0)),
      channels,
    );
  },
  xgradcam(maps, gradients, channels) {
    const sums = channelSums(maps, channels);
    const shares = maps.map((value, i) => {
      const sum = sums[i % channels];
      return sum === 0 ? 0 : (value / sum) * gradients[i];
    });
    return weightedSum(maps, channelSums(shares, channels));
  },
};

function channelSums(values, channels) {
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i += channels)
    for (let c = 0; c < channels; c++) sums[c] += values[i + c];
  return sums;
}

export function channelMeans(values, channels) {
  return channelSums(values, channels).map((sum) => (sum * channels) / values.length);
}

function weightedSum(maps, weights) {
  const signed = new Float32Array(maps.length / weights.length);
  for (let place = 0, i = 0; place < signed.length; place++) {
    let sum = 0;
    for (let c = 0; c < weights.length; c++, i++) sum += maps[i] * weights[c];
    signed[place] = sum;
  }
  return signed;
}

function placeSums(values, channels) {
  return weightedSum(values, new Float64Array(channels).fill(1));
}

// What a method makes of a layer for a target, and what it makes it of.
export function explain(network, pass, target, name, method) {
  if (!(method in METHODS)) throw new Error(`there is no method '${method}'`);
  const gradients = backward(network, pass, target, name);
  const number = numberOf(network.layers, name);
  const { shape, channels } = network.layers[number];
  const featureMaps = pass.outputs[number];
  const signed = METHODS[method](featureMaps, gradients, channels);
  if (!areFinite(gradients) || !areFinite(signed))
    throw new Error(
      `the map of layer '${name}' overflows: its feature maps or gradients are too large for ` +
        "float32. Look at the range of the images, and of the weights",
    );
  return { signed, shape, featureMaps, gradients };
}

// What is positive, with 1 as the maximum; zero everywhere where nothing is.
export function toHeatmap(signed) {
  const peak = largestOf(signed);
  return signed.map((value) => (value > 0 ? value / peak : 0));
}
