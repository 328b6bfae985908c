// The difference of two heatmaps over a picture: blue where it is less, red where it is more, and the
// more opaque the larger it is. The twin of difference.py; 0.5 stands for no difference.

import { fill } from "./language.js";

const OPACITY = 5; // of a difference of 1, times alpha

// Blend a map, as large as the picture { data, width, height }, into its pixels.
export function blendDifference(el, picture, map, alpha) {
  const data = new Uint8ClampedArray(picture.data); // rounds what is assigned to it
  const colours = coloursOf(el);
  map.forEach((value, i) => {
    const opacity = opacityOf(value, alpha);
    colours[value < 0.5 ? "less" : "more"].forEach((level, channel) => {
      data[4 * i + channel] = (1 - opacity) * data[4 * i + channel] + opacity * level;
    });
  });
  return { width: picture.width, height: picture.height, data };
}

// The colours from -1 to +1 in a row, see-through where the picture is.
export function differenceBar(el, ramp, alpha) {
  const colours = coloursOf(el);
  const data = Uint8ClampedArray.from(
    [...ramp].flatMap((value) => [
      ...colours[value < 0.5 ? "less" : "more"],
      255 * opacityOf(value, alpha),
    ]),
  );
  return { width: ramp.length, height: 1, data };
}

export function describeDifference(value, [row, column], tell = fill) {
  const difference = 2 * value - 1;
  const sign = difference < 0 ? "−" : "+";
  const number = `${sign}${Math.abs(difference).toFixed(2)}`;
  return tell("difference[{row}, {column}] = {number}", { row, column, number });
}

function opacityOf(value, alpha) {
  return Math.min(1, OPACITY * alpha * Math.abs(2 * value - 1));
}

// The stylesheet names them, such as #0080ff.
function coloursOf(el) {
  const style = getComputedStyle(el);
  const read = (name) => {
    const hex = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((place) => Number.parseInt(hex.slice(place, place + 2), 16));
  };
  return { less: read("--gradcam-against"), more: read("--gradcam-for") };
}
