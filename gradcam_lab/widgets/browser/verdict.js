// What is said of a locked prediction: the twin of prediction.py, to the last character.

import { fill } from "./language.js";

const SURE = 2; // from here on, somebody was sure

// Returns null while the answer is not known.
export function isRight({ choices, chosen, answer, tolerance }) {
  if (answer === null) return null;
  if (choices.length) return chosen === answer;
  return Math.abs(chosen - answer) <= tolerance * (1 + 1e-9);
}

export function verdict(words, state) {
  const right = isRight(state);
  if (right === null) return words.no_answer;
  const [ifRight, ifWrong] =
    state.sure >= SURE ? ["right", "mistaken"] : ["guessed", "wrong_guess"];
  const said = fill(words[right ? ifRight : ifWrong], {
    answer: `${state.answer} ${state.unit}`.trim(),
    sure: words.steps.split(", ")[state.sure - 1],
  });
  return `${said} ${state.reason}`.trim();
}
