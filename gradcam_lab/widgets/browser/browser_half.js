// The browser's half of an explorer: it follows the controls, and what they ask is answered here,
// by the engine. No kernel is needed for that, and none is waited for.
//
// Answers go to the models of views and texts by `set_state`, as if the kernel had sent them: so
// they draw themselves, and nothing travels back.

import { describeAnswers } from "./answer_words.js";
import { isQuick, runInPage } from "./engine_in_page.js";
import { runInWorker } from "./engine_in_worker.js";
import { helpControls } from "./explorer_controls.js";
import { fillLayers, fillSamples } from "./film_strips.js";
import { speaker } from "./language.js";
import { packedPictures } from "./packed_pictures.js";
import { readPicture, toPng } from "./picture_file.js";
import { columnsOf, drawnDigit, itemOf, PREDICTED, stateOf } from "./questions.js";
import { readRecorded } from "./recorded_answers.js";
import { referredModel } from "./referred_model.js";

const MOVES = "change:value change:index change:drawing"; // of a control
const NO_BYTES = new DataView(new ArrayBuffer(0));
const NO_BARS = { probabilities: NO_BYTES, explained: PREDICTED, label: -1 };
const PAUSE = 150; // milliseconds without a question before the film strips are filled
const SLOW = 150; // milliseconds after which a sign of work shows

function initialize({ model }) {
  let parts = null; // the widgets around, once they are known
  let engine = null;
  let source = null; // of pictures
  let loads = 0; // so far
  let isReady = false; // the engine has tried the network, and agrees with Python about it
  let isAsking = false;
  let hasMoved = false; // since the question that is under way
  let isShowing = false; // what changes meanwhile is our own doing
  let answered = null; // the last question, and what it was about
  let fills = 0; // of the film strips, so far
  let pause = null; // before the next one

  // JupyterLab notes in the widgets that a kernel was restarted, and not that it was shut down.
  const { kernel } = model.widget_manager;
  const isAlive = () =>
    !kernel?.isDisposed && Object.values(parts.controls).some((control) => control.comm_live);

  async function connect() {
    if (!model.get("facts").kind) return; // Python has not said it yet
    parts = await findParts(model);
    const { controls, views, facts } = parts;
    for (const name of facts.asked) controls[name]?.on(MOVES, ask);
    for (const view of views) view.on("change:heatmap", () => isShowing || ask());
    controls.layer_strip?.on("change:preview", ask);
    controls.file?.on("change:content", takeFile);
    for (const control of Object.values(controls)) control.on("comm_live_update", showWhatIsAlive);
    kernel?.disposed?.connect(showWhatIsAlive);
    model.on("change:indices", ask);
    model.on("change:network change:pictures change:description", load);
    load();
  }

  async function load() {
    loads += 1;
    const turn = loads;
    const description = model.get("description");
    const [network, pictures] = await Promise.all(
      ["network", "pictures"].map((name) => bytesOf(model, name)),
    );
    if (turn !== loads) return; // something newer has come
    if (!network) {
      engine?.stop();
      engine = null;
      return setReady(false);
    }
    let refused = null;
    if (description.recorded) engine = readRecorded(description.recorded, network);
    else {
      const run = isQuick(description) ? runInPage : runInWorker;
      if (engine?.run !== run) {
        const started = await run(model.get("worker"));
        if (turn !== loads) return started.stop();
        engine?.stop();
        engine = { ...started, run };
      }
      ({ refused } = await engine.load(description, network));
    }
    if (turn !== loads) return;
    const packed = packedPictures(description.pictures, pictures);
    source = { ...packed, form: description.pictures, name: model.get("pictures") };
    setReady(!refused);
    ask();
  }

  function setReady(ready) {
    isReady = ready;
    if (model.get("answers") !== ready) {
      model.set("answers", ready);
      if (isAlive()) model.save_changes(); // from now on, Python leaves the drawing to us
    }
    showWhatIsAlive();
  }

  function showWhatIsAlive() {
    const disabled = !isReady && !isAlive();
    const { controls, facts } = parts;
    const buttons = ["previous", "next", "others", "layer_strip", "index_strip"];
    for (const name of [...facts.asked, ...buttons])
      if (controls[name]?.get("disabled") === !disabled) controls[name].set_state({ disabled });
  }

  // Another layer may have fewer channels to add than have been added.
  function fitChannels() {
    const { controls, facts } = parts;
    if (!controls.channels) return;
    const max = facts.channels[controls.layer.get("index")];
    const value = Math.min(max, controls.channels.get("value"));
    if (max !== controls.channels.get("max")) controls.channels.set_state({ max, value });
  }

  // The latest state wins: what moved meanwhile is asked when the answer has come.
  async function ask() {
    hasMoved = true;
    fills += 1; // what is being filled is out of date
    clearTimeout(pause);
    if (isAsking) return;
    isAsking = true;
    while (hasMoved && isReady) {
      hasMoved = false;
      await answer().catch(({ message }) => showError(message));
      await breath();
    }
    isAsking = false;
    if (answered && parts.facts.kind !== "pictures") pause = setTimeout(fillStrips, PAUSE);
  }

  // What stands around an answer waits until the answer is on the page, and gives way to the next.
  async function fillStrips() {
    fills += 1;
    const turn = fills;
    const { controls, facts } = parts;
    const askIfIdle = async (question) => {
      await breath();
      const isLate = () => isAsking || !isReady || turn !== fills;
      const { answers } = isLate() ? {} : await engine.ask({ words: facts.words, ...question });
      return isLate() ? undefined : answers;
    };
    const { items, sameScale, index, from } = answered;
    if (controls.layer_strip)
      await fillLayers(controls.layer_strip, { items, sameScale }, facts.layers, askIfIdle);
    if (controls.index_strip && turn === fills)
      await fillSamples(controls.index_strip, index, from, facts, askIfIdle);
  }

  async function answer() {
    fitChannels();
    const state = stateOf(model, parts);
    if (state.strokes?.length === 0) return showEmptyPad();
    const from = state.strokes ? drawnDigit(state.strokes) : source;
    const columns = columnsOf(state, parts.facts);
    const question = {
      items: columns.map((column) => itemOf(from, column)),
      words: parts.facts.words,
      layer: state.layer,
      sameScale: Boolean(state.same_scale),
      terms: parts.facts.kind === "anatomy",
    };
    const late = setTimeout(() => setAll(parts.views, { busy: true }), SLOW);
    const [{ answers, error }, ...files] = await Promise.all([
      engine.ask(question),
      ...columns.map(({ key }) => from.file(key)),
    ]);
    clearTimeout(late);
    if (!isReady) return; // the network is no longer ours to answer for
    if (error) throw new Error(error);
    show(state, columns, answers, files);
    answered = { ...question, items: [question.items[0]], index: state.index, from };
  }

  function show(state, columns, answers, files) {
    const found = columns.map((column, i) => ({ ...column, ...answers[i] }));
    const said = describeAnswers(state, found, parts.facts);
    isShowing = true;
    const { layers, receptiveFields } = parts.facts;
    const receptive_field = receptiveFields[layers.indexOf(state.layer)];
    parts.views.forEach((view, i) => {
      view.set_state({ ...said.views[i], receptive_field, picture: files[i], busy: false });
      view.get("layout").set_state({ visibility: "visible" });
    });
    isShowing = false;
    setTexts({ message: "", ...said.texts });
    if (said.bars) parts.controls.target?.set_state(said.bars);
  }

  function showEmptyPad() {
    setTexts({ message: "", caption: parts.facts.words.draw });
    const { target } = parts.controls;
    target.set_state(NO_BARS);
    target.set("value", PREDICTED); // the next digit may be another one
    target.save_changes();
    for (const view of parts.views) view.get("layout").set_state({ visibility: "hidden" });
  }

  function showError(words) {
    setAll(parts.views, { busy: false });
    const alert = document.createElement("span");
    alert.setAttribute("role", "alert");
    alert.textContent = words;
    setTexts({ caption: "", message: alert.outerHTML });
  }

  function setTexts(values) {
    for (const [name, value] of Object.entries(values)) parts.texts[name].set_state({ value });
  }

  // With a kernel, Python reads the file and sends the picture.
  async function takeFile() {
    const { file } = parts.controls;
    const content = file.get("content");
    if (isAlive() || !isReady || !content?.byteLength) return;
    let message = "";
    try {
      if (model.get("description").recorded) throw new Error(parts.facts.words.no_network);
      const picture = await readPicture(new Blob([content]), parts.facts.files);
      const [height, width, channels] = source.form.shape;
      const form = { ...source.form, size: [height, width], channels };
      const { pixels } = await engine.prepare(picture, form);
      const png = toPng(
        picture,
        parts.views[0].get("panel_size").map((side) => 2 * side),
      );
      const name = `own picture ${Date.now()}`;
      source = { form: source.form, name, pixels: () => pixels, file: () => png };
      ask();
    } catch (error) {
      message = error.message;
    }
    file.set_state({ content: NO_BYTES, message });
  }

  model.on("change:facts", connect);
  connect();
  return () => {
    loads += 1;
    engine?.stop();
    kernel?.disposed?.disconnect(showWhatIsAlive);
  };
}

// Several explorers share bytes, in a model of their own; in a saved page they may be here.
async function bytesOf(model, name) {
  const value = model.get(name);
  return typeof value === "string" ? (await referredModel(model, value)).get("content") : value;
}

async function findParts(model) {
  const named = async (name) => {
    const pairs = Object.entries(model.get(name)).map(async ([key, reference]) => [
      key,
      await referredModel(model, reference),
    ]);
    return Object.fromEntries(await Promise.all(pairs));
  };
  return {
    controls: await named("controls"),
    texts: await named("texts"),
    views: await Promise.all(
      model.get("views").map((reference) => referredModel(model, reference)),
    ),
    facts: model.get("facts"),
  };
}

// What waits comes first: another key, the next frame.
function breath() {
  return new Promise((resolve) => setTimeout(resolve));
}

function setAll(models, state) {
  for (const each of models) each.set_state(state);
}

function render({ model, el }) {
  const showWhoAnswers = () =>
    el.classList.toggle("gradcam-answers", Boolean(model.get("answers")));
  el.classList.add("gradcam-browser-half");
  model.on("change:answers", showWhoAnswers);
  showWhoAnswers();
  const { words, kind } = model.get("facts");
  const noKernel = words && (words[`no_kernel_${kind}`] ?? words.no_kernel);
  speaker(model, el);
  return helpControls(el, (name, value) => press(model, name, value), noKernel);
}

// What the buttons do.
async function press(model, name, value) {
  const controls = model.get("controls");
  const set = async (control, trait, choose) => {
    const found = await referredModel(model, controls[control]);
    if (found.get("disabled")) return;
    found.set(trait, choose(found));
    found.save_changes();
  };
  const step = (by) => (slider) =>
    Math.min(slider.get("max"), Math.max(slider.get("min"), slider.get("value") + by));
  if (name === "previous") await set("index", "value", step(-1));
  if (name === "next") await set("index", "value", step(1));
  if (name === "channels") await set("channels", "value", () => value);
  if (name === "colour-blind-safe")
    await set("colormap", "index", (list) => list.get("_options_labels").indexOf("cividis"));
  if (name === "course") await toggleLook(set);
  if (name === "others") {
    const { labels } = model.get("facts");
    model.set(
      "indices",
      model.get("indices").map((index) => nextOfItsClass(labels, index)),
    );
    model.save_changes();
  }
}

// White ink and the colours of the course, or ink on paper.
async function toggleLook(set) {
  let isPaper;
  await set("paper", "value", (box) => {
    isPaper = box.get("value");
    return !isPaper;
  });
  const [colormap, alpha] = isPaper ? ["jet", 0.4] : ["OrRd", 0.6];
  await set("colormap", "index", (list) => list.get("_options_labels").indexOf(colormap));
  await set("alpha", "value", () => alpha);
}

// After the last picture of a class comes the first.
function nextOfItsClass(labels, index) {
  const next = labels.indexOf(labels[index], index + 1);
  return next < 0 ? labels.indexOf(labels[index]) : next;
}

export default { initialize, render };
