// Calls functions of our modules as a file tells, and prints what they return. The file is JSON:
// [[module, function, [argument, ...]], ...]; arrays of numbers come by the names of their types.

import { readFileSync } from "node:fs";

const ARRAYS = {
  float32: (values) => Float32Array.from(values),
  bytes: (values) => Uint8Array.from(values),
};
const [folder, file] = process.argv.slice(2);

function revive(_, value) {
  if (value === "pixels") return writePixels;
  for (const [name, make] of Object.entries(ARRAYS)) if (value?.[name]) return make(value[name]);
  return value;
}

// In place of a PNG, which node has no canvas to make.
function writePixels({ width, height, data }) {
  return `${width} x ${height}: ${data}`;
}

function unravel(_, value) {
  if (value instanceof Float32Array) return { float32: [...value] };
  return ArrayBuffer.isView(value) ? [...value] : value;
}

const returned = [];
for (const [module, name, values] of JSON.parse(readFileSync(file, "utf-8"), revive)) {
  const functions = await import(`${folder}/${module}.js`);
  returned.push(functions[name](...values));
}
console.log(JSON.stringify(returned, unravel));
