// The classes of a network as a group of radio buttons, each with a bar: how likely the network finds
// it. To choose one is to ask for its heatmap.

import { speaker } from "./browser/language.js";
import { likeliestOf, percent } from "./browser/page_parts.js";

const PREDICTED = -1; // the value that stands for whatever the network says
const FEW = 12; // classes that have a bar each, always in the same place
const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function render({ model, el }) {
  const tell = speaker(model, el);
  const names = model.get("class_names");
  const group = add(el, "div", "gradcam-classes");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", tell("class to explain"));
  const rows = new Map([[PREDICTED, addRow(group, tell("the predicted class"))]]);
  const hasFew = names.length <= FEW;
  const search = hasFew ? null : addSearch(el, names, choose, tell);

  function choose(index) {
    if (model.get("disabled")) return;
    model.set("value", index);
    model.save_changes();
  }

  function rowOf(index) {
    if (!rows.has(index)) rows.set(index, addRow(group, names[index]));
    return rows.get(index);
  }

  function shownClasses(probabilities, explained) {
    if (hasFew) return [...names.keys()];
    const chosen = [explained, model.get("value")].filter((index) => index !== PREDICTED);
    return [...new Set([...likeliestOf(probabilities, 5), ...chosen])];
  }

  function show() {
    const probabilities = toNumbers(model.get("probabilities"));
    const [value, explained, label] = ["value", "explained", "label"].map((n) => model.get(n));
    const classes = [PREDICTED, ...shownClasses(probabilities, explained)];
    const order = classes.map(rowOf);
    if (order.some((row, i) => group.children[i] !== row)) {
      const focused = group.contains(document.activeElement) ? document.activeElement : null;
      group.replaceChildren(...order);
      focused?.focus();
    }
    group.classList.toggle("without-bars", probabilities.length === 0);
    for (const index of classes) {
      const [row, isChosen] = [rows.get(index), index === value];
      row.setAttribute("aria-checked", isChosen);
      row.tabIndex = isChosen ? 0 : -1;
      row.disabled = model.get("disabled");
      row.dataset.class = index;
      row.classList.toggle("explained", index === explained && index !== PREDICTED);
      row.classList.toggle("true", index === label && index !== PREDICTED);
      row.classList.toggle("predicted", index === PREDICTED);
      if (index === PREDICTED || probabilities.length === 0) continue;
      const probability = probabilities[index];
      row.querySelector(".track div").style.width = `${100 * probability}%`;
      write(row.querySelector(".percent"), percent(probability));
    }
    if (search) search.disabled = model.get("disabled");
  }

  group.addEventListener("click", ({ target }) => {
    const row = target.closest("button");
    if (row) choose(Number(row.dataset.class));
  });
  group.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS)) return;
    event.preventDefault(); // the page does not scroll
    const buttons = [...group.children];
    const place = buttons.indexOf(event.target) + KEYS[event.key];
    const next = buttons[(place + buttons.length) % buttons.length];
    choose(Number(next.dataset.class));
    next.focus();
  });
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

function addRow(group, name) {
  const row = add(group, "button", "class");
  row.type = "button";
  row.setAttribute("role", "radio");
  add(row, "span", "name").textContent = name;
  add(add(row, "span", "track"), "div");
  add(row, "span", "percent");
  return row;
}

// A field over all names; the browser itself offers those that fit while somebody types.
function addSearch(el, names, choose, tell) {
  const list = add(el, "datalist");
  list.id = `classes-${Math.random().toString(36).slice(2)}`; // crypto has one on https alone
  const field = add(el, "input", "gradcam-search");
  const placeholder = tell("find one of {count} classes", { count: names.length });
  Object.assign(field, { type: "search", placeholder });
  field.setAttribute("list", list.id);
  field.setAttribute("aria-label", tell("find a class by its name"));
  const answer = add(el, "div", "gradcam-search-answer");
  answer.setAttribute("role", "status");
  field.addEventListener("focus", () => {
    if (list.childElementCount === 0)
      list.append(...[...new Set(names)].map((name) => new Option(name)));
  });
  const find = () => {
    const sought = field.value.trim();
    const found = sought === "" ? PREDICTED : findClass(names, sought);
    const none = tell("No class has “{sought}” in its name.", { sought });
    answer.textContent = found === undefined ? none : "";
    if (found === undefined || sought === "") return;
    field.value = "";
    choose(found);
  };
  field.addEventListener("change", find);
  // In JupyterLab, Enter alone is no change.
  field.addEventListener("keydown", ({ key }) => key === "Enter" && find());
  return field;
}

// The first class of that name; or one in whose name a word is the one sought, begins with it, has it.
export function findClass(names, sought) {
  const escaped = sought.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const forms = [`^${escaped}$`, `\\b${escaped}\\b`, `\\b${escaped}`, escaped];
  for (const form of forms) {
    const index = names.findIndex((name) => new RegExp(form, "iu").test(name));
    if (index >= 0) return index;
  }
}

// To write the same words again would cost a layout.
function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function toNumbers({ buffer, byteOffset, byteLength }) {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}

export default { render };
