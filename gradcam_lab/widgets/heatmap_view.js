// Draws a picture, its heatmap, and the heatmap over the picture. The kernel sends plain data; what
// alpha, colormap and threshold do with it happens here, and needs no kernel.

import { readBitmap } from "./browser/bitmap.js";
import { blendDifference, describeDifference, differenceBar } from "./browser/difference.js";
import { resizeMap } from "./browser/resize.js";

const TITLES = {
  picture: () => "picture",
  heatmap: (rows, columns) => `heatmap, ${rows} × ${columns} cells`,
  overlay: () => "overlay",
};

function render({ model, el }) {
  const page = buildPage(el, model);
  const memory = {}; // results that stay valid while only alpha, colormap or threshold move

  async function draw() {
    const bytes = model.get("picture");
    if (memory.bytes !== bytes) {
      const picture = await decode(bytes, model.get("panel_size"));
      if (bytes !== model.get("picture")) return; // a newer picture has come: its own call draws it
      Object.assign(memory, { bytes, picture, heatmapBytes: null });
    }
    if (memory.heatmapBytes !== model.get("heatmap")) {
      const shape = model.get("shape");
      const cells = toNumbers(model.get("heatmap"), shape);
      const { width, height } = memory.picture.large;
      const map = resizeMap(cells, shape, [height, width]); // the numbers of superimpose
      Object.assign(memory, { heatmapBytes: model.get("heatmap"), cells, shape, map });
    }
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
async function decode(bytes, panelSize) {
  const bitmap = readBitmap(bytes);
  const small = bitmap ? toImage(bitmap) : await unpack(bytes);
  return { small, large: toImage(enlarge(small, enlargement(small, panelSize))) };
}

function toImage({ data, width, height }) {
  return new ImageData(data, width, height);
}

// Each pixel becomes a square.
function enlarge({ data, width, height }, factor) {
  const pixels = new Uint32Array(data.buffer); // all four bytes of one at a time
  const large = new Uint32Array(pixels.length * factor * factor);
  for (let y = 0, i = 0; y < height * factor; y++) {
    const row = width * Math.floor(y / factor);
    for (let x = 0; x < width * factor; x++) large[i++] = pixels[row + Math.floor(x / factor)];
  }
  const enlarged = new Uint8ClampedArray(large.buffer);
  return { data: enlarged, width: width * factor, height: height * factor };
}

// The pixels of a small picture become squares, sharp on high-density screens, too.
function enlargement(image, panelSize) {
  const scale = scaleOf(image, panelSize);
  return scale >= 2 ? 2 * Math.floor(scale) : 1;
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

// Calls paint(pixel, red, green, blue) wherever a value reaches the threshold.
function colour(values, table, threshold, paint) {
  const coldest = Math.fround(threshold);
  for (let pixel = 0; pixel < values.length; pixel++) {
    if (values[pixel] < coldest) continue;
    const entry = 3 * Math.min(255, Math.trunc(256 * values[pixel]));
    paint(4 * pixel, table.getUint8(entry), table.getUint8(entry + 1), table.getUint8(entry + 2));
  }
}

function drawColours(canvas, width, height, values, table, threshold) {
  const image = new ImageData(width, height); // transparent, and so is what stays cold
  colour(values, table, threshold, (at, ...rgb) => image.data.set([...rgb, 255], at));
  put(canvas, image);
}

function drawOverlay(canvas, picture, map, table, alpha, threshold) {
  const image = new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  const pixels = image.data; // rounds what is assigned to it
  const rest = 1 - alpha;
  colour(map, table, threshold, (at, red, green, blue) => {
    pixels[at] = rest * pixels[at] + alpha * red;
    pixels[at + 1] = rest * pixels[at + 1] + alpha * green;
    pixels[at + 2] = rest * pixels[at + 2] + alpha * blue;
  });
  put(canvas, image);
}

function put(canvas, image) {
  if (canvas.width !== image.width || canvas.height !== image.height)
    [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// ---- The page

function buildPage(el, model) {
  el.classList.add("gradcam-heatmap-view");
  const heading = add(el, "div", "heading");
  const row = add(el, "div", "panels");
  const panels = model.get("panels").map((name) => buildPanel(row, name));
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
    for (const { name, panel, canvas, caption, frame } of panels) {
      if (name === "picture") put(canvas, picture.small);
      if (name === "heatmap") drawColours(canvas, shape[1], shape[0], cells, table, threshold);
      if (name === "overlay" && !isDifference)
        drawOverlay(canvas, picture.large, map, table, alpha, threshold);
      caption.textContent = TITLES[name](...shape);
      if (name === "overlay" && isDifference) {
        put(canvas, toImage(blendDifference(el, picture.large, map, alpha)));
        caption.textContent = "difference";
      }
      canvas.setAttribute("aria-label", `${caption.textContent}: ${model.get("description")}`);
      fit(panel, frame, picture.small, model.get("panel_size"));
    }
    const ramp = Float32Array.from({ length: 256 }, (_, i) => i / 255);
    if (isDifference) put(bar, toImage(differenceBar(el, ramp, alpha)));
    else drawColours(bar, 256, 1, ramp, table, threshold);
    if (pointed) pointAt(pointed, memory);
  }

  // Outline the cell under the pointer in every panel, and write its value.
  function pointAt(event, { cells, shape } = {}) {
    const frame = cells && event?.target.closest?.(".frame");
    pointed = frame ? event : null;
    el.classList.toggle("pointed", Boolean(frame));
    if (!frame) {
      value.textContent = "";
      return;
    }
    const box = frame.getBoundingClientRect();
    const [rows, columns] = shape;
    const row = cellAt(event.clientY - box.top, box.height, rows);
    const column = cellAt(event.clientX - box.left, box.width, columns);
    for (const { cell } of panels)
      Object.assign(cell.style, {
        left: `${(100 * column) / columns}%`,
        top: `${(100 * row) / rows}%`,
        width: `${100 / columns}%`,
        height: `${100 / rows}%`,
      });
    value.textContent = `heatmap[${row}, ${column}] = ${cells[row * columns + column].toFixed(2)}`;
    if (model.get("is_difference"))
      value.textContent = describeDifference(cells[row * columns + column], [row, column]);
  }

  return { show, pointAt };
}

function buildPanel(row, name) {
  const panel = add(row, "figure", `panel ${name}`);
  const caption = add(panel, "figcaption");
  const frame = add(panel, "div", "frame");
  const canvas = add(frame, "canvas");
  canvas.setAttribute("role", "img");
  const cell = add(frame, "div", "cell");
  const divider = add(frame, "input", "divider");
  Object.assign(divider, { type: "range", min: 0, max: 100, value: 50 });
  divider.setAttribute("aria-label", "divider: picture on its left, overlay on its right");
  return { name, panel, caption, frame, canvas, cell, divider };
}

function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}

function fit(panel, frame, picture, panelSize) {
  const scale = scaleOf(picture, panelSize);
  panel.style.setProperty("--width", `${Math.round(scale * picture.width)}px`);
  frame.style.aspectRatio = `${picture.width} / ${picture.height}`;
  frame.classList.toggle("pixelated", scale >= 2);
}

function cellAt(distance, length, cells) {
  return Math.min(cells - 1, Math.max(0, Math.floor((distance / length) * cells)));
}

function colourTable(model) {
  const tables = model.get("colours");
  return new DataView(tables.buffer, tables.byteOffset + 768 * model.get("colormap_index"), 768);
}

export default { render };
