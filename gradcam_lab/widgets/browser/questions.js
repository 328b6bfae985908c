// What the controls of an explorer ask, as a question to the engine.

import { writeBitmap } from "./bitmap.js";
import { toDigit } from "./digit.js";

export const PREDICTED = -1;
const NO_FRAME = -1;
const DIGIT = [28, 28, 1];

// Each trait that is asked, as its control stands.
export function stateOf(model, { controls, facts }) {
  const state = { indices: model.get("indices"), index: 0 };
  for (const name of facts.asked.filter((each) => each in controls)) {
    const control = controls[name];
    if (name === "layer") state.layer = facts.layers[layerOf(controls)];
    else if (name === "method") state.method = facts.methods[control.get("index")];
    else state[name] = control.get(name === "strokes" ? "drawing" : "value");
  }
  return state;
}

// The layer under the pointer, or else the chosen one.
function layerOf({ layer, layer_strip }) {
  const previewed = layer_strip?.get("preview") ?? NO_FRAME;
  return previewed === NO_FRAME ? layer.get("index") : previewed;
}

// What each view has to show: which picture, explained for which class and by which method.
export function columnsOf({ indices, index, target = PREDICTED, method = "gradcam" }, facts) {
  return facts.columns.map((fixed, i) => {
    const key = facts.kind === "pictures" ? indices[i] : index;
    return { key, target, method, ...fixed };
  });
}

// A part of a question to the engine.
export function itemOf({ name, pixels }, { key, ...asked }) {
  return { ...asked, number: key, key: `${name} ${key}`, pixels: pixels(key) };
}

// The drawing on the pad, as one picture among many.
export function drawnDigit(strokes) {
  const pixels = toDigit(strokes);
  const file = writeBitmap(pixels, DIGIT, 255);
  return { name: JSON.stringify(strokes), pixels: () => pixels, file: () => file };
}
