// A picture of which cells are erased: in a given order as far as `place` says, or by hand. A press,
// a stroke or the keys erase a cell or bring it back; whatever is erased then, the hand has chosen.

import { speaker } from "../browser/language.js";
import { nearest } from "../browser/nearest.js";
import { cellAt, cellEdges } from "../browser/outlines.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function render({ model, el }) {
  const tell = speaker(model, el);
  el.classList.add("gradcam-erased");
  const figure = add(el, "figure");
  const caption = add(figure, "figcaption");
  const frame = add(figure, "div", "frame");
  const canvas = add(frame, "canvas");
  const outline = add(frame, "div", "cell");
  const said = add(figure, "span", "said");
  said.setAttribute("role", "status"); // read out as the keys move
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.dataset.lmSuppressShortcuts = "true";
  let picture = { bytes: null };
  let stroke = null; // the cells that are erased while the pen is down, and whether it erases
  let cursor = [0, 0];

  const cells = () => model.get("shape").reduce((a, b) => a * b);
  const hand = () => model.get("orders").length; // the number that stands for it

  function erasedCells() {
    if (stroke) return stroke.cells;
    const [chosen, place] = [model.get("chosen"), model.get("place")];
    if (chosen === hand()) return model.get("erased");
    const counts = model.get("counts");
    const shares = counts.map((count) => count / cells());
    return model.get("orders")[chosen].slice(0, counts[nearest(shares, place)]);
  }

  async function draw() {
    const bytes = model.get("picture");
    if (picture.bytes !== bytes) {
      const image = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
      if (bytes !== model.get("picture")) return; // a newer one has come
      picture = { bytes, image };
    }
    const { width, height } = picture.image;
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(picture.image, 0, 0);
    context.fillStyle = getComputedStyle(el).getPropertyValue("--gradcam-erased");
    const [rows, columns] = model.get("shape");
    const erased = erasedCells();
    for (const [row, column] of erased) {
      const [top, bottom] = [row, row + 1].map((i) => firstPixel(i, rows, height));
      const [left, right] = [column, column + 1].map((i) => firstPixel(i, columns, width));
      context.fillRect(left, top, right - left, bottom - top);
    }
    const [widest, highest] = model.get("panel_size");
    const enlarged = Math.min(widest / width, highest / height);
    el.style.setProperty("--width", `${Math.round(enlarged * width)}px`);
    el.style.setProperty("--aspect", width / height);
    canvas.classList.toggle("pixelated", enlarged >= 2);
    canvas.classList.toggle("disabled", Boolean(model.get("disabled")));
    const numbers = { count: erased.length, cells: cells() };
    caption.textContent = tell("{count} of {cells} cells erased", numbers);
    canvas.setAttribute("aria-label", `${model.get("description")} ${caption.textContent}`);
    showCursor();
  }

  function showCursor() {
    cursor = cursor.map((number, axis) => Math.min(number, model.get("shape")[axis] - 1));
    const [[top, bottom], [left, right]] = cursor.map((number, axis) =>
      cellEdges(number, model.get("shape")[axis]),
    );
    const shares = { left, top, width: right - left, height: bottom - top };
    for (const [side, share] of Object.entries(shares)) outline.style[side] = `${100 * share}%`;
  }

  function sayCell() {
    const place = { row: cursor[0] + 1, column: cursor[1] + 1 };
    said.textContent = erasedCells().some(isAt(cursor))
      ? tell("row {row}, column {column}: erased", place)
      : tell("row {row}, column {column}: there", place);
  }

  // ---- What the hand does

  function lower(cell) {
    const erased = erasedCells();
    stroke = { cells: erased, erases: !erased.some(isAt(cell)) };
    pass(cell);
  }

  function pass(cell) {
    const others = stroke.cells.filter((each) => !isAt(cell)(each));
    if (!stroke.erases) stroke.cells = others;
    else if (others.length === stroke.cells.length) stroke.cells = [...others, cell];
    draw();
  }

  // The kernel hears of a stroke when its pen is lifted; here it counts at once.
  function lift() {
    if (!stroke) return;
    const erased = stroke.cells;
    stroke = null;
    model.set({ erased, chosen: hand() });
    model.save_changes();
  }

  function point(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [rows, columns] = model.get("shape");
    cursor = [
      cellAt(event.clientY - top, height, rows),
      cellAt(event.clientX - left, width, columns),
    ];
    showCursor();
    return cursor;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || model.get("disabled")) return;
    canvas.setPointerCapture(event.pointerId); // its events come here, wherever it goes
    lower(point(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const between = event.getCoalescedEvents?.() ?? []; // where a quick pen was since the last one
    for (const each of [...between, event].map(point)) if (stroke) pass(each);
  });
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", () => {
    stroke = null; // the page scrolls: it was no stroke
    draw();
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in ARROWS) {
      const moved = cursor.map((number, axis) => number + ARROWS[event.key][axis]);
      if (moved.every((number, axis) => 0 <= number && number < model.get("shape")[axis]))
        cursor = moved;
      showCursor();
    } else if ([" ", "Enter"].includes(event.key)) {
      if (model.get("disabled")) return;
      lower(cursor);
      lift();
    } else return;
    event.preventDefault(); // the page does not scroll
    sayCell();
  });

  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

function isAt([row, column]) {
  return (cell) => cell[0] === row && cell[1] === column;
}

// The first pixel along a side whose middle lies in this cell.
function firstPixel(cell, cells, pixels) {
  return Math.ceil((cell * pixels) / cells - 0.5);
}

function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}

export default { render };
