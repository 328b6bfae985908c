// Pictures with heatmaps, each with captions to choose from. Choosing, locking and the score happen
// here, and need no kernel.

import {
  add,
  addEnd,
  addGroup,
  addRadios,
  markRadios,
  say,
  showRadios,
} from "../browser/choice_group.js";
import { fill, speaker } from "../browser/language.js";
import { toDecimals } from "../browser/page_parts.js";

const SMALL = 60; // pixels: a picture of fewer shows them as squares

function render({ model, el }) {
  const [words, choices, answers] = ["words", "choices", "answers"].map((name) => model.get(name));
  el.classList.add("gradcam-matching");
  speaker(model, el);
  const form = add(el, "form", "gradcam-quiz");
  add(form, "div", "task").textContent = model.get("task");
  const grid = add(form, "div", "cards");
  const cards = model.get("pictures").map((picture, i) => addCard(grid, picture, i));
  const { button, result } = addEnd(form, words.finish, finish);
  let hint = "";

  function addCard(parent, picture, i) {
    const numbers = { number: i + 1, all: choices.length };
    const card = addGroup(parent, fill(words.picture, numbers), "choices");
    const frame = add(card, "div", "frame");
    const image = add(frame, "img");
    image.alt = fill(words.unlabelled, numbers);
    image.onload = () => image.classList.toggle("pixelated", image.naturalWidth < SMALL);
    image.src = URL.createObjectURL(new Blob([picture], { type: "image/png" }));
    const radios = addRadios(card, `choice-${i}`, choices[i], (j) => choose(i, choices[i][j]));
    const reason = add(card, "p", "reason");
    return { image, radios, reason };
  }

  function choose(i, caption) {
    hint = "";
    model.set(
      "chosen",
      model.get("chosen").map((each, j) => (j === i ? caption : each)),
    );
    model.save_changes();
  }

  function finish() {
    if (model.get("locked")) return;
    const open = [...choices.keys()].filter((i) => (model.get("chosen")[i] ?? null) === null);
    hint = open.length ? fill(words.missing, { numbers: open.map((i) => i + 1).join(", ") }) : "";
    if (open.length) return show();
    model.set("locked", true);
    model.save_changes();
  }

  function show() {
    const [chosen, locked] = [model.get("chosen"), Boolean(model.get("locked"))];
    for (const [i, { radios, reason }] of cards.entries()) {
      const [given, right] = [chosen[i], answers[i]].map((each) => choices[i].indexOf(each));
      showRadios(radios, given, locked);
      if (locked) markRadios(radios, given, right);
      reason.textContent = locked ? model.get("reasons")[i] : "";
    }
    button.textContent = locked ? words.locked : words.finish;
    button.setAttribute("aria-disabled", locked);
    say(result, locked ? score(words, chosen, choices, answers) : hint);
  }

  model.on("change", show);
  show();
  return () => {
    model.off("change", show);
    for (const { image } of cards) URL.revokeObjectURL(image.src);
  };
}

function score(words, chosen, choices, answers) {
  const chance = choices.reduce((sum, each) => sum + 1 / each.length, 0);
  return fill(words.score, {
    score: answers.filter((answer, i) => answer === chosen[i]).length,
    all: answers.length,
    chance: toDecimals(chance, 1),
  });
}

export default { render };
