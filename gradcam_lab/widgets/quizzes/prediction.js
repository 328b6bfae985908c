// A question, its choices, and how sure one is. Choosing, locking and the verdict happen here, and
// need no kernel.

import {
  add,
  addEnd,
  addGroup,
  addRadios,
  keepKeys,
  markRadios,
  say,
  showRadios,
} from "../browser/choice_group.js";
import { speaker } from "../browser/language.js";
import { isRight, verdict } from "../browser/verdict.js";

const STATE = ["choices", "chosen", "sure", "locked", "answer", "reason", "unit", "tolerance"];

function render({ model, el }) {
  const words = model.get("words");
  el.classList.add("gradcam-prediction");
  speaker(model, el);
  const form = add(el, "form", "gradcam-quiz");
  const group = addGroup(form, model.get("question"), "choices");
  const choices = model.get("choices");
  const radios = addRadios(group, "choice", choices, (i) => set("chosen", choices[i]));
  const field = choices.length ? null : addNumber(group, words, model.get("unit"));
  field?.addEventListener("input", () => set("chosen", numberIn(field)));
  const steps = addGroup(form, words.how_sure, "steps");
  const stepRadios = addRadios(steps, "sure", words.steps.split(", "), (i) => set("sure", i + 1));
  const { button, result } = addEnd(form, words.lock, lock);
  let hint = "";

  function set(name, value) {
    hint = "";
    model.set(name, value);
    model.save_changes();
  }

  function lock() {
    if (model.get("locked")) return;
    const isComplete = (model.get("chosen") ?? null) !== null && model.get("sure") > 0;
    if (isComplete) return set("locked", true);
    hint = words.incomplete;
    show();
  }

  function show() {
    const state = Object.fromEntries(STATE.map((name) => [name, model.get(name) ?? null]));
    const [chosen, answer] = [state.chosen, state.answer].map((each) => choices.indexOf(each));
    showRadios(radios, chosen, state.locked);
    showRadios(stepRadios, state.sure - 1, state.locked);
    if (field && numberIn(field) !== state.chosen) field.value = state.chosen ?? "";
    if (field) field.disabled = state.locked;
    button.textContent = state.locked ? words.locked : words.lock;
    button.setAttribute("aria-disabled", Boolean(state.locked));
    const right = state.locked ? isRight(state) : null;
    if (right !== null) markRadios(radios, chosen, answer);
    form.dataset.right = right ?? "";
    say(result, state.locked ? verdict(words, state) : hint);
  }

  model.on("change", show);
  show();
  return () => model.off("change", show);
}

function addNumber(group, words, unit) {
  const label = add(group, "label");
  const field = keepKeys(add(label, "input"));
  Object.assign(field, { type: "number", step: "any" });
  field.setAttribute("aria-label", `${words.your_number} ${unit}`.trim());
  add(label, "span").textContent = unit;
  return field;
}

function numberIn(field) {
  return Number.isNaN(field.valueAsNumber) ? null : field.valueAsNumber;
}

export default { render };
