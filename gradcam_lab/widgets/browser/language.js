// A widget speaks the language in which Python made it: its words come along, by their English.

// Returns what translates a template and fills it; screen readers and fonts learn the language, too.
export function speaker(model, el) {
  const { code = "en", words = {} } = model.get("language") ?? {};
  el.lang = code;
  return (template, values = {}) => fill(words[template] ?? template, values);
}

// Fills a template: {name} becomes a value.
export function fill(template, values = {}) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Returns a template as it is: a translation is found for it where it is told.
export function mark(template) {
  return template;
}
