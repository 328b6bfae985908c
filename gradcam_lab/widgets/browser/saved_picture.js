// A picture file of what an explorer shows: needs no kernel, and comes to the reader's own machine.

const IN_FILE = [
  ".gradcam-heatmap-view :is(.heading, .panel figcaption, .panel canvas, .legend > :not(.value))",
  ".gradcam-caption .widget-html-content, .gradcam-pad canvas",
  ".gradcam-erased :is(figcaption, canvas), .gradcam-curves :is(svg, span, p)",
  ".widget-html-content:has(.gradcam-channels, .gradcam-sum)",
  ":is(.gradcam-channels, .gradcam-sum) img",
].join();
const MARGIN = 14; // around everything, in CSS pixels
const DENSITY = 2; // pixels of the file for a CSS pixel

export function download(explorer) {
  const link = document.createElement("a");
  link.download = "gradcam.png";
  link.href = drawFile(explorer).toDataURL();
  link.click();
}

// Every picture and every word, where it stands on the page.
function drawFile(explorer) {
  const shown = [...explorer.querySelectorAll(IN_FILE)].filter((part) =>
    part.checkVisibility({ visibilityProperty: true }),
  );
  const [pictures, curves] = ["canvas, img", "svg"].map((kind) =>
    shown.filter((part) => part.matches(kind)),
  );
  const words = wordsIn(shown);
  const boxes = [
    ...[...pictures, ...curves].map((part) => part.getBoundingClientRect()),
    ...words.map((w) => w.box),
  ];
  const [left, top] = ["left", "top"].map((s) => Math.min(...boxes.map((b) => b[s])) - MARGIN);
  const [right, bottom] = ["right", "bottom"].map((s) => Math.max(...boxes.map((b) => b[s])));
  const canvas = document.createElement("canvas");
  canvas.width = DENSITY * (right + MARGIN - left);
  canvas.height = DENSITY * (bottom + MARGIN - top);
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // and dark ink, whatever the theme
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(DENSITY, 0, 0, DENSITY, -DENSITY * left, -DENSITY * top);
  for (const picture of pictures) drawPicture(context, picture);
  for (const svg of curves) drawPaths(context, svg);
  context.fillStyle = getComputedStyle(explorer).getPropertyValue("--gradcam-ink");
  for (const { word, box, font } of words) {
    context.font = font;
    context.fillText(word, box.left, box.top + context.measureText(word).fontBoundingBoxAscent);
  }
  return canvas;
}

function drawPicture(context, picture) {
  const { left, top, width, height } = picture.getBoundingClientRect();
  const style = getComputedStyle(picture);
  const edge = parseFloat(style.borderTopWidth);
  const cut = parseFloat(style.clipPath.split(" ").at(-1)) / 100 || 0; // left of the divider
  context.save();
  context.beginPath();
  context.rect(left + cut * width, top, width, height);
  context.clip();
  context.globalAlpha = style.opacity;
  context.filter = style.filter; // white ink may be shown as black
  context.imageSmoothingEnabled = style.imageRendering !== "pixelated";
  const inside = [left + edge, top + edge, width - 2 * edge, height - 2 * edge];
  context.fillStyle = style.borderTopColor;
  if (edge) context.fillRect(left, top, width, height);
  context.fillStyle = style.backgroundColor;
  context.fillRect(...inside);
  context.drawImage(picture, ...inside);
  context.restore();
}

function drawPaths(context, svg) {
  const { left, top } = svg.getBoundingClientRect();
  context.save();
  context.translate(left, top);
  for (const path of svg.querySelectorAll("path")) {
    const { fill, stroke, strokeWidth, strokeDasharray } = getComputedStyle(path);
    const shape = new Path2D(path.getAttribute("d"));
    context.fillStyle = fill === "none" ? "transparent" : fill;
    context.strokeStyle = stroke === "none" ? "transparent" : stroke;
    context.lineWidth = parseFloat(strokeWidth);
    context.setLineDash(strokeDasharray.match(/[\d.]+/g)?.map(Number) ?? []);
    context.fill(shape);
    context.stroke(shape);
  }
  context.restore();
}

function wordsIn(parts) {
  const words = [];
  for (const part of parts) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { fontStyle, fontWeight, fontSize, fontFamily } = getComputedStyle(
        texts.currentNode.parentElement,
      );
      const font = [fontStyle, fontWeight, fontSize, fontFamily].join(" ");
      for (const { 0: word, index } of texts.currentNode.data.matchAll(/\S+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        words.push({ word, font, box: range.getBoundingClientRect() });
      }
    }
  }
  return words;
}
