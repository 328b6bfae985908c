// The state of an explorer in the address of its page: #lesson=2&explorer=1&index=11&layer=conv2d_1
// Only what a control can be set to is taken from an address; all else in it is ignored.

// Returns an explorer's state as an address has it.
export function writeState({ half, controls }) {
  const found = Object.entries(controls).map(([name, control]) => [name, textOf(name, control)]);
  const written = found.filter(([, text]) => text !== null);
  if (half.get("facts").kind === "pictures") written.push(["indices", half.get("indices").join()]);
  return written;
}

// Sets those controls that are named and in `wanted`.
export function readState({ half, controls }, query, wanted) {
  const facts = half.get("facts");
  for (const name of ["layer", ...Object.keys(controls)]) {
    const text = query.get(name);
    if (text === null || !wanted(name)) continue;
    const setting = controls[name] && settingOf(name, controls, text, facts);
    if (!setting) continue;
    controls[name].set(setting);
    controls[name].save_changes();
  }
  const indices = query.get("indices")?.split(",").map(Number);
  if (indices && wanted("indices") && fitsLabels(indices, half.get("indices"), facts.labels))
    half.set({ indices });
}

function textOf(name, control) {
  if (name === "strokes") {
    const strokes = control.get("strokes");
    return strokes.length ? JSON.stringify(strokes) : null;
  }
  const labels = control.get("_options_labels");
  if (labels)
    return name === "target" ? `${control.get("index") - 1}` : labels[control.get("index")];
  const value = control.get("value");
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "number" ? `${value}` : null; // a button has none
}

function settingOf(name, controls, text, facts) {
  const control = controls[name];
  const labels = control.get("_options_labels");
  if (name === "strokes") return strokesOf(text);
  if (name === "target") {
    const target = numberOf(text, -1, facts.classNames.length - 1, 1);
    if (target === null) return null;
    return labels ? { index: target + 1 } : { value: target };
  }
  if (labels) return labels.includes(text) ? { index: labels.indexOf(text) } : null;
  if (typeof control.get("value") === "boolean")
    return /^[01]$/.test(text) ? { value: text === "1" } : null;
  const { min = 0, max, step = 1 } = control.attributes;
  const most = name === "channels" ? facts.channels[controls.layer.get("index")] : max;
  const value = numberOf(text, min, most, step);
  if (value === null || typeof most !== "number") return null;
  return name === "channels" ? { max: most, value } : { value };
}

function numberOf(text, least, most, step) {
  const number = text.trim() ? Number(text) : Number.NaN;
  const isKind = Number.isInteger(step) ? Number.isInteger(number) : Number.isFinite(number);
  return isKind && number >= least && number <= most ? number : null;
}

function strokesOf(text) {
  try {
    const strokes = JSON.parse(text);
    const isShare = (value) => typeof value === "number" && value >= 0 && value <= 1;
    const isPoint = (point) => point.length === 2 && point.every(isShare);
    return strokes.every((stroke) => stroke.length > 0 && stroke.every(isPoint))
      ? { strokes }
      : null;
  } catch {
    return null;
  }
}

// Each column of a comparison keeps its class.
function fitsLabels(indices, before, labels) {
  const isOfClass = (index, i) =>
    labels[index] !== undefined && labels[index] === labels[before[i]];
  return indices.length === before.length && indices.every(isOfClass);
}
