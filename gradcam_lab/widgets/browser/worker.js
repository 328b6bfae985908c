// The engine in a Web Worker: a network is loaded, then each question gets its answer, in order.
// Whatever goes wrong is an answer, too: words instead of a map. A photograph is prepared here, too.

import { channelMeans, explain, forward, largestOf, readNetwork, toHeatmap } from "./grad_cam.js";
import { preparePixels } from "./picture_file.js";

const MOST_NUMBERS = 2 ** 25; // that all passes keep together
const FEWEST_PASSES = 2; // that are kept all the same
const TOLERANCE = 1e-3; // between probabilities here and in Python

// Returns a function that takes a message and returns the answer to it.
export function startEngine() {
  let network = null;
  const passes = new Map(); // by the key of the picture; the last one asked for is the last

  function load({ description, weights, probe }) {
    network = null;
    passes.clear();
    const read = readNetwork(description, new Float32Array(weights));
    const { probabilities } = forward(read, probePicture(read.layers[0].size));
    if (!areNear(probabilities, probe))
      throw new Error("for one picture, the browser and Python find different probabilities");
    network = read;
  }

  function answer({ items, layer, sameScale, terms }) {
    if (!network) throw new Error("no network has been loaded");
    return items.map(({ key, pixels, target, method }) => {
      const pass = passOf(key, pixels);
      const explained = target < 0 ? pass.predicted : target;
      const found = explain(network, pass, explained, layer, method);
      const heatmap = toHeatmap(found.signed);
      const [rows, columns, channels] = found.shape;
      const answer = {
        target: explained,
        probabilities: pass.probabilities,
        heatmap: sameScale ? onOneScale(heatmap, found.signed, pass, explained, method) : heatmap,
        shape: [rows, columns],
      };
      if (terms) {
        const weights = Float32Array.from(channelMeans(found.gradients, channels));
        answer.terms = { featureMaps: found.featureMaps, weights };
      }
      keep(passes, key, pass);
      return answer;
    });
  }

  function passOf(key, pixels) {
    const known = passes.get(key);
    const isSame = known?.outputs[0].every((value, i) => value === pixels[i]);
    return isSame ? known : forward(network, pixels);
  }

  // A scale that reaches 1 at the strongest layer only.
  function onOneScale(heatmap, signed, pass, target, method) {
    const peaks = network.spatial.map((name) =>
      largestOf(explain(network, pass, target, name, method).signed),
    );
    const share = largestOf(signed) / largestOf(peaks);
    return heatmap.map((value) => (value > 0 ? value * share : 0));
  }

  return function reply(message) {
    try {
      if (message.load) {
        load(message.load);
        return { loaded: true };
      }
      if (message.prepare) {
        const { picture, form } = message.prepare;
        return { pixels: preparePixels(picture, form) };
      }
      return { question: message.question, answers: answer(message) };
    } catch (error) {
      if (message.load) return { refused: error.message };
      return { question: message.question, error: error.message };
    }
  };
}

// A picture that Python has computed the probabilities of, too.
function probePicture(size) {
  return Float32Array.from({ length: size }, (_, i) => (i * 0.6180339887498949) % 1);
}

function areNear(found, expected) {
  const differences = expected.map((value, i) => Math.abs(value - found[i]));
  return found.length === expected.length && differences.every((each) => each <= TOLERANCE);
}

// Keeps a pass as the latest; lets go of the oldest ones, then of the oldest ways back, as far as
// there are too many numbers.
export function keep(passes, key, pass) {
  passes.delete(key);
  passes.set(key, pass);
  pass.numbers = numbersIn(pass);
  let all = 0;
  for (const { numbers } of passes.values()) all += numbers;
  for (const [oldest, { numbers }] of passes) {
    if (all <= MOST_NUMBERS || passes.size <= FEWEST_PASSES) break;
    passes.delete(oldest);
    all -= numbers;
  }
  for (const each of passes.values())
    for (const target of each.ways.keys()) {
      if (all <= MOST_NUMBERS) return;
      all -= each.numbers;
      each.ways.delete(target);
      each.numbers = numbersIn(each);
      all += each.numbers;
    }
}

function numbersIn({ outputs, ways }) {
  const gradients = [...ways.values()].flatMap((way) => Object.values(way.gradients));
  return [...outputs, ...gradients].reduce((sum, { length }) => sum + length, 0);
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const reply = startEngine();
  addEventListener("message", ({ data }) => postMessage(reply(data)));
}
