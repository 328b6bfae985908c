// Draws curves, a band to compare them with, and a mark at one place: each is a path, so that the
// picture file has them, too. Words and numbers are the kernel's; what is marked moves without it.

import { nearest } from "../browser/nearest.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 170; // CSS pixels
const MARGIN = { left: 48, right: 26, top: 24, bottom: 36 };
const DOT = 4; // its radius
const SWATCH = [28, 10];

function render({ model, el }) {
  el.classList.add("gradcam-curves");
  const svg = el.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("role", "img");
  const legend = add(el, "ul");
  const words = add(el, "p");
  words.setAttribute("role", "status"); // read out as it changes

  function draw() {
    const [curves, band, chosen, place] = ["curves", "band", "chosen", "place"].map((name) =>
      model.get(name),
    );
    const main = curves[chosen];
    if (!main) return;
    const at = main.at_end ? main.x.length - 1 : nearest(main.x, place);
    words.textContent = main.words?.[at] ?? "";
    svg.setAttribute("aria-label", model.get("description"));
    const others = curves
      .map((curve, i) => ({ ...curve, kind: `other-${i}` }))
      .filter(({ always }, i) => always && i !== chosen);
    const shown = [...others, { ...main, kind: "chosen" }]; // which lies on top
    drawLegend(band.name ? [{ ...band, kind: "band" }, ...shown] : shown);
    if (svg.clientWidth) drawAxes(shown, band, main.x[at]);
  }

  function drawAxes(shown, band, place) {
    const [ticksX, ticksY] = ["x_ticks", "y_ticks"].map((name) => model.get(name));
    const [left, right] = [MARGIN.left, svg.clientWidth - MARGIN.right];
    const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
    const toX = scale(ticksX, left, right);
    const toY = scale(ticksY, bottom, top);
    svg.replaceChildren();
    for (const [value] of ticksY) draw("grid", `M${left} ${toY(value)}H${right}`);
    for (const [value] of ticksX) draw("grid", `M${toX(value)} ${bottom}v4`);
    for (const [value, name] of ticksX) write(name, toX(value), bottom + 16, "middle");
    for (const [value, name] of ticksY) write(name, left - 6, toY(value) + 4, "end");
    write(model.get("x_label"), (left + right) / 2, HEIGHT - 6, "middle");
    write(model.get("y_label"), 0, 12, "start");
    if (band.x) draw("band", `${lineOf(band.x, band.high)}${backOf(band.x, band.low)}Z`);
    for (const { kind, x, y } of shown) draw(`line ${kind}`, lineOf(x, y));
    draw("place", `M${toX(place)} ${top}V${bottom}`);
    for (const { kind, x, y } of shown) {
      const i = x.indexOf(place);
      if (i >= 0 && y[i] !== null) draw(`dot ${kind}`, dotAt(toX(x[i]), toY(y[i])));
    }

    function draw(kind, d) {
      addPath(svg, kind, d);
    }
    function write(text, x, y, anchor) {
      const label = svg.appendChild(document.createElementNS(SVG, "text"));
      for (const [name, value] of Object.entries({ x, y, "text-anchor": anchor }))
        label.setAttribute(name, value);
      label.textContent = text;
    }
    // A line goes on behind a gap: where the value is not known.
    function lineOf(xs, ys) {
      const isPoint = (i) => typeof ys[i] === "number";
      const points = xs.map((x, i) =>
        isPoint(i) ? `${isPoint(i - 1) ? "L" : "M"}${toX(x)} ${toY(ys[i])}` : "",
      );
      return points.join("");
    }
    function backOf(xs, ys) {
      return lineOf(xs.toReversed(), ys.toReversed()).replace("M", "L");
    }
  }

  function drawLegend(entries) {
    const drawn = JSON.stringify(entries.map(({ kind, name }) => [kind, name]));
    if (legend.dataset.drawn === drawn) return;
    legend.dataset.drawn = drawn;
    legend.replaceChildren();
    const [width, height] = SWATCH;
    for (const { kind, name } of entries) {
      const entry = add(legend, "li");
      const swatch = entry.appendChild(document.createElementNS(SVG, "svg"));
      swatch.setAttribute("aria-hidden", "true");
      if (kind === "band") addPath(swatch, kind, `M0 0H${width}V${height}H0Z`);
      else addPath(swatch, `line ${kind}`, `M0 ${height / 2}H${width}`);
      add(entry, "span").textContent = name;
    }
  }

  model.on("change", draw);
  draw();
  const resized = new ResizeObserver(draw); // also tells when the plot comes onto the page
  resized.observe(svg);
  return () => {
    model.off("change", draw);
    resized.disconnect();
  };
}

// From the first tick to the last, between two edges.
function scale(ticks, from, to) {
  const [[first], [last]] = [ticks[0], ticks.at(-1)];
  return (value) => from + ((to - from) * (value - first)) / (last - first || 1);
}

function dotAt(x, y) {
  return `M${x - DOT} ${y}a${DOT} ${DOT} 0 1 0 ${2 * DOT} 0a${DOT} ${DOT} 0 1 0 ${-2 * DOT} 0Z`;
}

function addPath(svg, kind, d) {
  const path = svg.appendChild(document.createElementNS(SVG, "path"));
  path.setAttribute("class", kind);
  path.setAttribute("d", d);
}

function add(parent, tag) {
  return parent.appendChild(document.createElement(tag));
}

export default { render };
