// What an explorer says beside its view. The twin of page_parts.py and comparison.py: from the same
// numbers the same texts, to the last character. `words` are the templates of words.py; heatmaps
// and probabilities are Float32Arrays, and a shape is [rows, columns]. A text is not yet HTML,
// unless the function's name says so.

import { fill } from "./language.js";

const CHANCE_WITHOUT_ACTIVATION = ["gradcam++", "xgradcam"]; // they divide by sums of channels
const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character]);
}

// ---- Numbers, as Python writes them

// Python rounds what lies exactly halfway to the even digit (0.25 to 0.2), JavaScript away from 0.
// Halfway between two numbers of so many decimals lie the odd multiples of 1 / 2 ** (decimals + 1).
export function toDecimals(number, decimals) {
  const text = number.toFixed(decimals);
  const isHalfway = (number * 2 ** (decimals + 1)) % 2 === 1;
  if (!isHalfway || text.at(-1) % 2 === 0) return text;
  return (number * (1 - Number.EPSILON)).toFixed(decimals);
}

export function percent(probability) {
  return `${toDecimals(Math.fround(100 * probability), 1)} %`;
}

// Write a number with its sign and two digits, such as −0.0037.
export function signedNumber(number) {
  const sign = number < 0 || Object.is(number, -0) ? "−" : "+";
  const size = Math.abs(number);
  const [digits, power] = size.toExponential(1).split("e");
  if (power >= -4 && power < 2) return sign + toDecimals(size, 1 - power);
  const evenDigits = (toDecimals(size / 10 ** (power - 1), 0) / 10).toFixed(1);
  const exponent = `${power[0].replace("-", "−")}${power.slice(1).padStart(2, "0")}`;
  return `${sign}${power < 0 ? digits : evenDigits}e${exponent}`;
}

// ---- One picture

export function whereabouts(words, heatmap, [rows, columns]) {
  const warmest = firstMaximum(heatmap);
  if (heatmap[warmest] === 0) return words.nowhere;
  const [row, column] = [Math.floor(warmest / columns), warmest % columns];
  const third = 3 * thirdOf(row, rows) + thirdOf(column, columns);
  return fill(words.warmest, { place: words.places.split(", ")[third] });
}

function thirdOf(index, size) {
  return Math.floor((3 * (index + 0.5)) / size);
}

function firstMaximum(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

export function prediction(words, probabilities, classNames) {
  const predicted = firstMaximum(probabilities);
  return fill(words.predicted, {
    name: classNames[predicted],
    percent: percent(probabilities[predicted]),
  });
}

// Say what the view shows; without a label, nothing of the true class.
export function sentence(words, shown) {
  const { probabilities, classNames, label = null, target, layer, method, heatmap, shape } = shown;
  return fill(words.sentence, {
    predicted: prediction(words, probabilities, classNames),
    true: label === null ? "" : fill(words.true, { name: classNames[label] }),
    name: classNames[target],
    layer,
    method: words[method] ?? method,
    place: whereabouts(words, heatmap, shape),
  });
}

// Say of which methods the maps are largely chance at a layer; it follows on another text.
export function warning(words, methods, layer, withoutActivation) {
  const byChance = methods.filter((method) => CHANCE_WITHOUT_ACTIVATION.includes(method));
  if (byChance.length === 0 || !withoutActivation.includes(layer)) return "";
  const named = byChance.map((method) => words[method] ?? method);
  return fill(words.chance, { layer, methods: named.join(words.and) });
}

// The most likely classes, the likeliest first.
export function likeliestOf(probabilities, count) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  return order.slice(0, count);
}

// ---- Several columns: what is compared is "pictures", "methods" or "targets"

const COMPARED = {
  pictures: {
    title: (words, { key, probabilities }, { classNames, labels }) =>
      fill(words.picture_title, {
        name: classNames[labels[key]],
        predicted: prediction(words, probabilities, classNames),
      }),
    summary: (words, _, { classNames, target }) =>
      target === null
        ? words.pictures_of_predicted
        : fill(words.pictures_of_target, { name: classNames[target] }),
  },
  methods: {
    title: (words, { method }) => words[method] ?? method,
    summary: (words, [{ probabilities, target }], { classNames }) =>
      fill(words.methods, {
        predicted: prediction(words, probabilities, classNames),
        name: classNames[target],
      }),
  },
  targets: {
    title: (words, { probabilities, target }, { classNames }) =>
      fill(words.target_title, {
        name: classNames[target],
        percent: percent(probabilities[target]),
      }),
    summary: (words, [{ probabilities }], { classNames }) =>
      prediction(words, probabilities, classNames),
  },
};

const SAME = 0.005; // two heatmaps that differ less are called the same

// Say how far a heatmap is from the first one, which has a name.
export function relation(words, heatmap, firstHeatmap, first) {
  const difference = heatmap.reduce(
    (most, value, i) => Math.max(most, Math.fround(Math.abs(value - firstHeatmap[i]))),
    0,
  );
  if (difference < SAME) return fill(words.same_map, { first });
  return fill(words.other_map, { first, difference: toDecimals(difference, 2) });
}

// The difference of two heatmaps as a view takes it: 0.5 for none, 0 to 1.
export function differenceOf(heatmap, first) {
  return heatmap.map((value, i) => (value - first[i] + 1) / 2);
}

// Return each column's title, note and description, and the caption below all of them.
//   columns: [{ key, target, method, probabilities, heatmap, shape }], target being the class that
//     is explained, and key the number of the picture;
//   facts: { classNames, layer, withoutActivation }, of pictures also labels and the target that
//     was asked about, or null; of methods, whether their difference is shown.
export function describeColumns(words, compared, columns, facts) {
  const { layer, withoutActivation, difference } = facts;
  const titles = columns.map((column) => COMPARED[compared].title(words, column, facts));
  const places = columns.map(({ heatmap, shape }) => whereabouts(words, heatmap, shape));
  const blank = titles.filter((_, i) => places[i] === words.nowhere);
  const [{ heatmap: firstHeatmap }] = columns;
  const notes = columns.map(({ heatmap }, i) =>
    compared === "methods" && i > 0 ? relation(words, heatmap, firstHeatmap, titles[0]) : "",
  );
  const methods = [...new Set(columns.map(({ method }) => method))];
  return {
    titles,
    notes,
    descriptions: titles.map((title, i) => {
      const note = notes[i] && `; ${notes[i]}`;
      return fill(words.column, { title, layer, place: places[i], note });
    }),
    caption: fill(words.columns, {
      summary: COMPARED[compared].summary(words, columns, facts),
      layer,
      chance: warning(words, methods, layer, withoutActivation),
      blank: blank.length > 0 ? fill(words.blank, { titles: blank.join("; ") }) : "",
      colours: difference && columns.length > 1 ? fill(words.colours, { first: titles[0] }) : "",
    }),
  };
}
