// What an explorer says of its answers: for each kind of explorer, the words at its views and the
// texts around them.

import {
  addChannels,
  CHANNELS_DRAWN,
  describeSum,
  equationHtml,
  heatmapOf,
  takeApart,
} from "./anatomy.js";
import { describeColumns, differenceOf, escapeHtml, sentence, warning } from "./page_parts.js";

// Returns { views, texts, bars }: the state of each view, beside its picture, each text as HTML, and
// what the bars of the classes show.
//   state: what the controls say; facts: what does not change, see browser_half.py;
//   columns: [{ key, method, target, probabilities, heatmap, shape, terms }], target being
//   the class that is explained.
export function describeAnswers(state, columns, facts) {
  const describe = { picture: describePicture, anatomy: describeAnatomy }[facts.kind];
  if (describe) return describe(state, columns[0], facts);
  const asked = state.target < 0 ? null : state.target;
  const said = describeColumns(facts.words, facts.kind, columns, {
    ...facts,
    ...state,
    target: asked,
  });
  return {
    views: columns.map(({ heatmap, shape }, i) => {
      const is_difference = Boolean(state.difference) && i > 0;
      const shown = is_difference ? differenceOf(heatmap, columns[0].heatmap) : heatmap;
      const view = viewOf(shown, shape, said.descriptions[i]);
      return { ...view, is_difference, title: said.titles[i], note: said.notes[i] };
    }),
    texts: { caption: escapeHtml(said.caption) },
    bars: facts.kind === "methods" && barsOf(columns[0].probabilities, columns[0].target),
  };
}

function describePicture({ layer }, column, facts) {
  const { words, classNames, labels, withoutActivation } = facts;
  const { key, method, target, probabilities, heatmap, shape } = column;
  const label = labels?.[key] ?? null;
  const text =
    sentence(words, { probabilities, classNames, label, target, layer, method, heatmap, shape }) +
    warning(words, [method], layer, withoutActivation);
  return {
    views: [viewOf(heatmap, shape, text)],
    texts: { caption: escapeHtml(text) },
    bars: barsOf(probabilities, target, label),
  };
}

function describeAnatomy({ layer, channels }, column, facts) {
  const { target, terms, shape, probabilities } = column;
  const { words, classNames } = facts;
  const parts = takeApart(terms.featureMaps, terms.weights, [...shape, terms.weights.length]);
  const added = Math.min(channels, parts.channels.length);
  const [soFar, whole] = [added, parts.channels.length].map((count) => addChannels(parts, count));
  const [heatmap, complete] = [soFar, whole].map(heatmapOf);
  const className = classNames[target];
  const text = describeSum(words, { added, parts, layer, className, heatmap, complete });
  const rest = addChannels(parts, added, CHANNELS_DRAWN);
  const sums = { added, soFar, heatmap, whole, rest };
  return {
    views: [viewOf(heatmap, shape, text)],
    texts: {
      caption: escapeHtml(text),
      equation: equationHtml(words, parts, sums, Uint8Array.from(facts.diverging)),
    },
    bars: barsOf(probabilities, target),
  };
}

function viewOf(heatmap, shape, description) {
  return { heatmap: toBytes(heatmap), shape, description };
}

function barsOf(probabilities, explained, label = null) {
  return { probabilities: toBytes(probabilities), explained, label: label ?? -1 };
}

function toBytes({ buffer, byteOffset, byteLength }) {
  return new DataView(buffer, byteOffset, byteLength);
}
