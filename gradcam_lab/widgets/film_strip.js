// A row of small pictures, each a button: the layers of a network, or the samples around the present
// one. The pointer on a frame is a `preview`, which stays in the browser; a click moves the slider.

import { referredModel } from "./browser/referred_model.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const NONE = -1;
const TEXTS = ["heading", "names", "groups", "wrong", "shapes", "first"]; // what stands on frames
const REST = 100; // milliseconds without a change

async function render({ model, el }) {
  const slider = await referredModel(model, model.get("slider"));
  const place = model.get("place");
  const heading = add(el, "div", "gradcam-strip-heading");
  const strip = add(el, "div", "gradcam-strip");
  strip.setAttribute("role", "toolbar");
  let last = null; // what is drawn
  let resting = null; // before the chosen frame is scrolled to

  function show() {
    const shapes = model.get("shapes");
    el.classList.toggle("gradcam-strip-empty", shapes.length === 0);
    if (model.get("disabled"))
      strip.tabIndex = 0; // without its frames, keys still scroll it
    else strip.removeAttribute("tabindex");
    while (strip.children.length > shapes.length) strip.lastChild.remove();
    while (strip.children.length < shapes.length) addFrame(strip);
    const [frames, ...rest] = ["frames", "colormap_index", ...TEXTS].map((name) => model.get(name));
    const drawn = JSON.stringify(rest);
    if (last?.frames !== frames || last.drawn !== drawn) draw(shapes);
    last = { frames, drawn };
    for (const frame of strip.children) {
      const isChosen = Number(frame.dataset.number) === slider.get(place);
      frame.disabled = model.get("disabled");
      frame.tabIndex = isChosen ? 0 : -1;
      frame.setAttribute("aria-current", isChosen);
    }
    clearTimeout(resting); // to ask for a place costs a layout, and the next key need not wait for it
    resting = setTimeout(bringIntoView, REST, strip);
  }

  function draw(shapes) {
    const [names, groups, wrong] = ["names", "groups", "wrong"].map((name) => model.get(name));
    heading.textContent = model.get("heading");
    strip.setAttribute("aria-label", model.get("heading"));
    const { buffer, byteOffset, byteLength } = model.get("frames");
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const table = colourTable(model);
    let start = 0;
    shapes.forEach(([height, width, channels], i) => {
      const frame = strip.children[i];
      frame.dataset.number = model.get("first") + i;
      frame.title = names[i];
      frame.classList.toggle("wrong", Boolean(wrong[i]));
      frame.querySelector(".name").textContent = names[i];
      frame.querySelector(".group").textContent = groups[i] ?? "";
      const size = height * width * channels;
      const canvas = frame.querySelector("canvas");
      Object.assign(canvas, { width, height });
      canvas.classList.toggle("pixelated", Math.max(width, height) <= 28);
      const image = new ImageData(width, height);
      paint(image.data, bytes.subarray(start, start + size), channels, table);
      canvas.getContext("2d").putImageData(image, 0, 0);
      start += size;
    });
  }

  function choose(number) {
    slider.set(place, number);
    model.set("preview", NONE);
    slider.save_changes();
  }

  function preview({ target, type }) {
    const frame = type === "pointerover" ? target.closest("button") : null;
    model.set("preview", frame && !frame.disabled ? Number(frame.dataset.number) : NONE);
  }

  strip.addEventListener("pointerover", preview);
  strip.addEventListener("pointerleave", preview);
  strip.addEventListener("click", ({ target }) => {
    const frame = target.closest("button");
    if (frame) choose(Number(frame.dataset.number));
  });
  strip.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || model.get("disabled")) return;
    event.preventDefault(); // the page does not scroll
    const number = slider.get(place) + STEPS[event.key];
    if (number < 0 || number >= model.get("count")) return;
    choose(number);
    strip.querySelector("[aria-current='true']")?.focus();
  });
  model.on("change", show);
  slider.on(`change:${place}`, show);
  show();
  const resized = new ResizeObserver(show); // also tells when the strip comes onto the page
  resized.observe(strip);
  return () => {
    clearTimeout(resting);
    model.off("change", show);
    slider.off(`change:${place}`, show);
    resized.disconnect();
  };
}

function addFrame(strip) {
  const frame = add(strip, "button", "gradcam-frame");
  frame.type = "button";
  add(frame, "span", "group");
  add(frame, "canvas");
  add(frame, "span", "name");
}

// The strip scrolls to its chosen frame, and not the page.
function bringIntoView(strip) {
  const frame = strip.querySelector("[aria-current='true']");
  if (!frame) return;
  const [left, right] = [frame.offsetLeft, frame.offsetLeft + frame.offsetWidth];
  if (left < strip.scrollLeft) strip.scrollLeft = left;
  if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth;
}

// Three bytes for each of 256 values; shades of grey where the model has no colours.
function colourTable(model) {
  const { buffer, byteOffset, byteLength } = model.get("colours");
  if (byteLength === 0) return Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  return new Uint8Array(buffer, byteOffset + 768 * model.get("colormap_index"), 768);
}

function paint(data, pixels, channels, table) {
  for (let i = 0, at = 0; at < data.length; i += channels, at += 4) {
    if (channels === 1) data.set(table.subarray(3 * pixels[i], 3 * pixels[i] + 3), at);
    else data.set(pixels.subarray(i, i + 3), at);
    data[at + 3] = 255;
  }
}

function add(parent, tag, className = "") {
  const child = document.createElement(tag);
  child.className = className;
  return parent.appendChild(child);
}

export default { render };
