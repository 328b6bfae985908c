// The engine in the page itself, for a network that answers sooner than a frame is drawn: a worker's
// answer would have to wait for the frame that shows the control move.

import { copyOf, runInWorker } from "./engine_in_worker.js";

const MOST_PRODUCTS = 5e6; // of a pass: some milliseconds

export function isQuick({ layers }) {
  return layers.reduce((sum, layer) => sum + productsOf(layer), 0) <= MOST_PRODUCTS;
}

// Each weight counts once for every place of the output.
function productsOf({ shape, weights }) {
  const [rows, columns] = shape.length === 3 ? shape : [1, 1];
  return weights ? weights[0].shape.reduce((a, b) => a * b, rows * columns) : 0;
}

// Has the functions of an engine in a worker, and answers before they return.
export async function runInPage(script) {
  const module = new Blob([script, "\nexport { startEngine };"], { type: "text/javascript" });
  const url = URL.createObjectURL(module);
  const { startEngine } = await import(url);
  URL.revokeObjectURL(url);
  const reply = startEngine();
  return {
    load: ({ probe, ...description }, weights) =>
      reply({ load: { description, weights: copyOf(weights), probe } }),
    ask: reply,
    async prepare(picture, form) {
      const worker = runInWorker(script); // a photograph is large, whatever the network
      const prepared = await worker.prepare(picture, form);
      worker.stop();
      return prepared;
    },
    stop: () => reply({ load: {} }), // refused, with all forgotten that was known
  };
}
