// The half of the drawing pad that runs in the browser: pen in, strokes out.
//
// It shares one value with Python, `strokes`: a list of strokes, each a list of points [x, y]
// between 0 and 1. Whoever sets it, the canvas is drawn from it again. `drawing` has the strokes that
// are under way as well, for whoever answers while the pen moves.

import { mark, speaker } from "./browser/language.js";

const PEN = 0.08; // width of the pen, where the pad is 1 wide
const STEP = 0.02; // how far an arrow key moves the cursor; with Shift, five times as far
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HTML = `
  <canvas tabindex="0" role="application"></canvas>
  <div>
    <button type="button" class="gradcam-undo"></button>
    <button type="button" class="gradcam-clear"></button>
  </div>`;
const HELP = mark(
  "Drawing pad. Draw with mouse, pen or finger. With keys: the arrows move the cursor, with Shift further; Space lowers and lifts the pen; Backspace takes the last stroke back.",
);

function initialize({ model }) {
  const settle = () => model.set("drawing", model.get("strokes"));
  model.on("change:strokes", settle);
  settle();
  return () => model.off("change:strokes", settle);
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "gradcam-pad";
  root.innerHTML = HTML;
  const tell = speaker(model, root);
  root.querySelector("canvas").setAttribute("aria-label", tell(HELP));
  root.querySelector(".gradcam-undo").textContent = tell("Undo");
  root.querySelector(".gradcam-clear").textContent = tell("Clear");
  // JupyterLab leaves the keys to whatever says so, and it asks the focused element before others.
  for (const part of [root, ...root.querySelectorAll("canvas, button")])
    part.dataset.lmSuppressShortcuts = "true";
  el.append(root);

  const canvas = root.querySelector("canvas");
  const context = canvas.getContext("2d");
  const unfinished = new Map(); // the stroke of each pen that is down: mouse, fingers, "keys"
  let cursor = [0.5, 0.5];

  function draw() {
    const size = Math.round(canvas.clientWidth * window.devicePixelRatio); // the screen's pixels
    if (canvas.width !== size || canvas.height !== size) canvas.width = canvas.height = size;
    context.setTransform(size, 0, 0, size, 0, 0); // from here on, the pad is 1 wide
    context.clearRect(0, 0, 1, 1);
    [...model.get("strokes"), ...unfinished.values()].forEach(drawStroke);
    if (canvas.matches(":focus-visible")) drawCursor(); // somebody is using the keys
  }

  function drawStroke(points) {
    Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = context.fillStyle = "white";
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.stroke();
    outlinePen(points[0]);
    context.fill(); // a dot, too, shows: a line of no length does not
  }

  function drawCursor() {
    context.lineWidth = 0.015;
    context.strokeStyle = context.fillStyle = "dodgerblue"; // shows on black and on white
    outlinePen(cursor);
    if (unfinished.has("keys")) context.fill();
    else context.stroke(); // a ring while the pen is lifted
  }

  function outlinePen([x, y]) {
    context.beginPath();
    context.arc(x, y, PEN / 2, 0, 2 * Math.PI);
  }

  function lower(pen, point) {
    unfinished.set(pen, [point]);
    move(pen, []);
  }

  function move(pen, points) {
    const stroke = unfinished.get(pen) ?? []; // the cursor moves while the pen is lifted, too
    for (const point of points) if (`${point}` !== `${stroke.at(-1)}`) stroke.push(point);
    if (unfinished.has(pen)) model.set("drawing", [...model.get("strokes"), ...copies(unfinished)]);
    draw();
  }

  // Python hears of a stroke when its pen is lifted, and not before: one message for each stroke.
  function lift(pen) {
    const stroke = unfinished.get(pen);
    unfinished.delete(pen);
    if (stroke) save([...model.get("strokes"), stroke]);
    draw();
  }

  function undo() {
    if (unfinished.size === 0) save(model.get("strokes").slice(0, -1));
    unfinished.clear(); // a stroke under way is the last one
    draw();
  }

  function clear() {
    unfinished.clear();
    save([]);
    draw();
  }

  function save(strokes) {
    model.set("strokes", strokes); // a new list: a change inside the old one would go unnoticed
    model.save_changes();
  }

  // A pen that leaves the pad draws along its edge.
  function place(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [toUnit((event.clientX - left) / width), toUnit((event.clientY - top) / height)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId); // its events come here, wherever it goes
    lower(event.pointerId, place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!unfinished.has(event.pointerId)) return;
    const between = event.getCoalescedEvents?.() ?? []; // where a quick pen was since the last one
    move(event.pointerId, [...between, event].map(place));
  });
  canvas.addEventListener("pointerup", (event) => lift(event.pointerId));
  canvas.addEventListener("pointercancel", (event) => lift(event.pointerId));

  canvas.addEventListener("keydown", (event) => {
    const withControl = event.ctrlKey || event.metaKey;
    if (event.key === "Backspace" || (withControl && event.key === "z")) undo();
    else if (withControl || event.altKey) return;
    else if (event.key in ARROWS) {
      const step = event.shiftKey ? 5 * STEP : STEP;
      cursor = cursor.map((value, axis) => toUnit(value + step * ARROWS[event.key][axis]));
      move("keys", [cursor]);
    } else if (event.key === " ") {
      const change = unfinished.has("keys") ? lift : lower;
      if (!event.repeat) change("keys", cursor); // once, however long the key is held
    } else return;
    event.preventDefault(); // the page does not scroll
  });
  canvas.addEventListener("focus", draw); // the cursor appears
  canvas.addEventListener("blur", () => lift("keys"));
  root.querySelector(".gradcam-undo").addEventListener("click", undo);
  root.querySelector(".gradcam-clear").addEventListener("click", clear);

  model.on("change:strokes", draw);
  const resized = new ResizeObserver(draw); // also tells when the pad comes onto the page
  resized.observe(canvas);
  return () => {
    model.off("change:strokes", draw);
    resized.disconnect();
    root.remove(); // and with it what its own elements listen to
  };
}

function copies(strokes) {
  return [...strokes.values()].map((points) => [...points]);
}

function toUnit(value) {
  return Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000; // to a third of a pixel
}

export default { initialize, render };
