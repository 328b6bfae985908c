// Draws a picture, its heatmap, and the heatmap over the picture. The kernel sends plain data; what
// alpha, colormap and threshold do with it happens here, and needs no kernel.

import { readBitmap } from "./browser/bitmap.js";
import { findContour, toPath } from "./browser/contours.js";
import { blendDifference, describeDifference, differenceBar } from "./browser/difference.js";
import { speaker } from "./browser/language.js";
import { cellAt, cellEdges, describeCell, fieldEdges } from "./browser/outlines.js";
import { resizeMap } from "./browser/resize.js";

const TITLES = {
  picture: (tell) => tell("picture"),
  heatmap: (tell, [rows, columns]) => tell("heatmap, {rows} × {columns} cells", { rows, columns }),
  overlay: (tell, _, lines) =>
    lines ? tell("overlay, lines at {lines}", { lines }) : tell("overlay"),
};
const LEVELS = [0.25, 0.5, 0.75]; // of the heatmap, where lines are drawn
const FINE = 128; // cells of the map that the lines are drawn through, on each side at least
const SVG = "http://www.w3.org/2000/svg";

function render({ model, el }) {
  const page = buildPage(el, model);
  const memory = {}; // results that stay valid while only alpha, colormap or threshold move

  async function draw() {
    const bytes = model.get("picture");
    if (bytes.byteLength === 0) return; // Python has not sent one yet
    const [paper, density] = [Boolean(model.get("paper")), devicePixelRatio];
    if (memory.bytes !== bytes || memory.paper !== paper || memory.density !== density) {
      const picture = await decode(bytes, model.get("panel_size"), paper);
      // A newer picture has come: its own call draws it.
      if (bytes !== model.get("picture") || paper !== Boolean(model.get("paper"))) return;
      Object.assign(memory, { bytes, paper, density, picture, heatmapBytes: null });
    }
    if (memory.heatmapBytes !== model.get("heatmap")) {
      const shape = model.get("shape");
      const cells = toNumbers(model.get("heatmap"), shape);
      const { width, height } = memory.picture.large;
      const map = resizeMap(cells, shape, [height, width]); // the numbers of superimpose
      Object.assign(memory, { heatmapBytes: model.get("heatmap"), cells, shape, map, lines: null });
    }
    if (model.get("contours")) memory.lines ??= drawLines(memory);
    page.show(memory);
  }

  const point = (event) => page.pointAt(event, memory);
  // A finger is lifted to see what it pointed at; a mouse leaves for good.
  const leave = (event) => event.pointerType === "mouse" && page.pointAt(null);
  el.addEventListener("pointermove", point);
  el.addEventListener("pointerdown", point); // a tap does not move
  el.addEventListener("pointerleave", leave);
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

// ---- From bytes to numbers and pixels

// Values are float32, or, where there are many, whole numbers from 0 to 65535.
function toNumbers(view, [rows, columns]) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  if (bytes.byteLength === 4 * rows * columns) return new Float32Array(bytes);
  return Float32Array.from(new Uint16Array(bytes), (value) => value / 65535);
}

// Digits come as bitmaps, which need no waiting.
async function decode(bytes, panelSize, paper) {
  const bitmap = readBitmap(bytes);
  const small = bitmap ? toImage(bitmap) : await unpack(bytes);
  if (paper) invert(small.data);
  return { small, large: toImage(enlarge(small, enlargement(small, panelSize))) };
}

// White ink on black becomes black ink on white.
function invert(pixels) {
  for (let i = 0; i < pixels.length; i++) if (i % 4 < 3) pixels[i] = 255 - pixels[i];
}

function toImage({ data, width, height }) {
  return new ImageData(data, width, height);
}

// Each pixel becomes a square: its first row is filled, and then repeated.
function enlarge({ data, width, height }, factor) {
  const pixels = new Uint32Array(data.buffer); // all four bytes of one at a time
  const large = new Uint32Array(pixels.length * factor * factor);
  const row = width * factor;
  for (let y = 0; y < height; y++) {
    const first = y * factor * row;
    for (let x = 0; x < width; x++)
      large.fill(pixels[y * width + x], first + x * factor, first + (x + 1) * factor);
    for (let copy = 1; copy < factor; copy++)
      large.copyWithin(first + copy * row, first, first + row);
  }
  const enlarged = new Uint8ClampedArray(large.buffer);
  return { data: enlarged, width: row, height: height * factor };
}

// The pixels of a small picture become squares, sharp on high-density screens, too.
function enlargement(image, panelSize) {
  const scale = scaleOf(image, panelSize);
  const density = Math.min(2, Math.ceil(devicePixelRatio)); // a denser canvas takes longer to draw
  return scale >= 2 ? density * Math.floor(scale) : 1;
}

// How large a picture becomes in a panel of this size, in CSS pixels.
function scaleOf({ width, height }, [widest, highest]) {
  return Math.min(widest / width, highest / height);
}

async function unpack(bytes) {
  const image = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

// ---- Colour and blend

// Where the colour of a value begins in a table, three bytes for each of 256.
function entryOf(value) {
  return 3 * Math.min(255, Math.trunc(256 * value));
}

function drawColours(canvas, width, height, values, table, threshold) {
  const image = new ImageData(width, height); // transparent, and so is what stays cold
  const coldest = Math.fround(threshold);
  values.forEach((value, pixel) => {
    if (value < coldest) return;
    const entry = entryOf(value);
    image.data.set([...table.subarray(entry, entry + 3), 255], 4 * pixel);
  });
  put(canvas, image);
}

function drawOverlay(canvas, picture, map, table, alpha, threshold) {
  const image = new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  const pixels = image.data; // rounds what is assigned to it
  const [rest, coldest] = [1 - alpha, Math.fround(threshold)];
  const shares = Float64Array.from(table, (level) => alpha * level);
  for (let pixel = 0, at = 0; pixel < map.length; pixel++, at += 4) {
    if (map[pixel] < coldest) continue;
    const entry = entryOf(map[pixel]);
    pixels[at] = rest * pixels[at] + shares[entry];
    pixels[at + 1] = rest * pixels[at + 1] + shares[entry + 1];
    pixels[at + 2] = rest * pixels[at + 2] + shares[entry + 2];
  }
  put(canvas, image);
}

// The lines through a finer map, so that they go with what the overlay interpolates.
function drawLines({ cells, shape }) {
  const size = shape.map((cellsOfSide) => Math.max(FINE, cellsOfSide));
  const map = resizeMap(cells, shape, size);
  return { size, paths: LEVELS.map((level) => toPath(findContour(map, size, level))) };
}

function put(canvas, image) {
  if (canvas.width !== image.width || canvas.height !== image.height)
    [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// ---- The page

function buildPage(el, model) {
  const tell = speaker(model, el);
  el.classList.add("gradcam-heatmap-view");
  const heading = add(el, "div", "heading");
  const row = add(el, "div", "panels");
  const panels = model.get("panels").map((name) => buildPanel(row, name, tell));
  const note = add(el, "div", "note");
  const legend = add(el, "div", "legend");
  const least = add(legend, "span");
  const bar = add(legend, "canvas", "bar");
  const most = add(legend, "span");
  const value = add(legend, "span", "value");
  const divider = panels.find(({ name }) => name === "overlay")?.divider;
  divider?.addEventListener("input", () => el.style.setProperty("--divider", `${divider.value}%`));

  let pointed = null; // the last event in a frame

  function show(memory) {
    const { picture, cells, shape, map } = memory;
    const [alpha, threshold] = [model.get("alpha"), model.get("threshold")];
    const table = colourTable(model);
    const isDifference = Boolean(model.get("is_difference"));
    heading.textContent = model.get("title");
    note.textContent = model.get("note");
    least.textContent = isDifference ? "−1" : "0";
    most.textContent = isDifference ? "+1" : "1";
    // Exported pages leave out what is false, and a class toggles when it is told undefined.
    for (const name of ["busy", "swipe"]) el.classList.toggle(name, Boolean(model.get(name)));
    for (const { name, canvas, caption, frame, contours } of panels) {
      if (name === "picture") put(canvas, picture.small);
      if (name === "heatmap") drawColours(canvas, shape[1], shape[0], cells, table, threshold);
      if (name === "overlay" && !isDifference)
        drawOverlay(canvas, picture.large, map, table, alpha, threshold);
      const hasLines = name === "overlay" && model.get("contours") && !isDifference;
      const levels = hasLines ? LEVELS.filter((level) => level >= threshold) : [];
      caption.textContent = TITLES[name](tell, shape, levels.join(", "));
      if (name === "overlay" && isDifference) {
        put(canvas, toImage(blendDifference(el, picture.large, map, alpha)));
        caption.textContent = tell("difference");
      }
      if (name === "overlay") showLines(contours, levels, memory.lines);
      canvas.setAttribute("aria-label", `${caption.textContent}: ${model.get("description")}`);
      frame.classList.toggle("pixelated", scaleOf(picture.small, model.get("panel_size")) >= 2);
    }
    fit(el, picture.small, model.get("panel_size"));
    const ramp = Float32Array.from({ length: 256 }, (_, i) => i / 255);
    if (isDifference) put(bar, toImage(differenceBar(el, ramp, alpha)));
    else drawColours(bar, 256, 1, ramp, table, threshold);
    if (pointed) pointAt(pointed, memory);
  }

  // Outline the cell under the pointer in every panel, and what it sees where that is known.
  function pointAt(event, { cells, shape } = {}) {
    const frame = cells && event?.target.closest?.(".frame");
    pointed = frame ? event : null;
    const field = model.get("receptive_field") ?? [];
    el.classList.toggle("pointed", Boolean(frame));
    el.classList.toggle("sees", Boolean(frame) && field.length > 0);
    if (!frame) {
      value.textContent = "";
      return;
    }
    const box = frame.getBoundingClientRect();
    const row = cellAt(event.clientY - box.top, box.height, shape[0]);
    const column = cellAt(event.clientX - box.left, box.width, shape[1]);
    const places = [row, column];
    for (const { name, cell, seen } of panels) {
      place(cell, ...places.map((number, axis) => cellEdges(number, shape[axis])));
      if (field.length && name !== "heatmap")
        place(seen, ...places.map((number, axis) => fieldEdges(field[axis], number)));
    }
    const found = cells[row * shape[1] + column];
    value.textContent = model.get("is_difference")
      ? describeDifference(found, places, tell)
      : describeCell(found, places, field, tell);
  }

  return { show, pointAt };
}

function buildPanel(row, name, tell) {
  const panel = add(row, "figure", `panel ${name}`);
  const caption = add(panel, "figcaption");
  const frame = add(panel, "div", "frame");
  const canvas = add(frame, "canvas");
  canvas.setAttribute("role", "img");
  const contours = frame.appendChild(document.createElementNS(SVG, "svg"));
  contours.setAttribute("preserveAspectRatio", "none");
  contours.setAttribute("aria-hidden", "true");
  const seen = add(frame, "div", "seen");
  const cell = add(frame, "div", "cell");
  const divider = add(frame, "input", "divider");
  Object.assign(divider, { type: "range", min: 0, max: 100, step: "any", value: 50 });
  divider.setAttribute("aria-label", tell("divider: picture on its left, overlay on its right"));
  add(frame, "div", "grip");
  return { name, caption, frame, canvas, contours, seen, cell, divider };
}

// Each line is drawn twice, first as a light halo: one of the two stands out on any background.
function showLines(contours, levels, lines) {
  contours.replaceChildren();
  if (!levels.length) return;
  const [rows, columns] = lines.size;
  contours.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  for (const kind of ["halo", "line"])
    for (const level of levels) {
      const path = contours.appendChild(document.createElementNS(SVG, "path"));
      path.setAttribute("class", kind);
      path.setAttribute("d", lines.paths[LEVELS.indexOf(level)]);
    }
}

// Put an outline where its edges are: shares of the frame, from above and from the left.
function place(outline, [top, bottom], [left, right]) {
  const shares = { left, top, width: right - left, height: bottom - top };
  for (const [side, share] of Object.entries(shares)) outline.style[side] = `${100 * share}%`;
}

function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}

// The stylesheet lays the panels out by what a picture of this form takes of a panel.
function fit(el, picture, panelSize) {
  const width = Math.round(scaleOf(picture, panelSize) * picture.width);
  el.style.setProperty("--width", `${width}px`);
  el.style.setProperty("--aspect", picture.width / picture.height);
}

function colourTable(model) {
  const { buffer, byteOffset } = model.get("colours");
  return new Uint8Array(buffer, byteOffset + 768 * model.get("colormap_index"), 768);
}

export default { render };
