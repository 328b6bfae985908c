// Choices as radio buttons of the browser's own: keys, names and focus come with them.

// A group of them belongs to the form around it, so that its name needs to be unique only there.
export function addGroup(parent, words, className) {
  const group = add(parent, "fieldset", className);
  add(group, "legend").textContent = words;
  return group;
}

export function addRadios(parent, group, choices, choose) {
  return choices.map((choice, number) => {
    const label = add(parent, "label");
    const button = add(label, "input");
    Object.assign(button, { type: "radio", name: group, value: number });
    keepKeys(button).addEventListener("change", () => choose(number));
    add(label, "span").textContent = choice;
    return button;
  });
}

export function showRadios(buttons, chosen, locked) {
  for (const [number, button] of buttons.entries()) {
    button.checked = number === chosen;
    button.disabled = locked;
  }
}

// Mark the right choice, and the chosen one if it is wrong.
export function markRadios(buttons, chosen, right) {
  for (const [number, button] of buttons.entries()) {
    button.parentNode.classList.toggle("right", number === right);
    button.parentNode.classList.toggle("wrong", number === chosen && chosen !== right);
  }
}

// JupyterLab leaves the keys to whatever says so.
export function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
  return element;
}

// A button that ends it, and what is said then. It keeps the focus, so that no reader loses the place.
export function addEnd(form, words, end) {
  const button = keepKeys(add(form, "button"));
  button.textContent = words;
  const result = add(form, "div", "result");
  result.setAttribute("role", "status");
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // the page stays
    end();
  });
  return { button, result };
}

export function say(result, words) {
  if (result.textContent !== words) result.textContent = words; // what is new is read aloud
}

export function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}
