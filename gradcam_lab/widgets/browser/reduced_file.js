// A file on its way to Python: what is large is reduced first, in a worker of its own. Photographs
// come seldom, and the memory for them is given back with the worker.

const SMALL = 2 ** 18; // bytes that travel as they are: a reduced photograph has as many
const PATIENCE = 20_000; // milliseconds for a worker that has run out of memory, and says nothing

// Resolves to the reduced file, or to the file itself: see reduce_worker.js. It never rejects.
export async function reduceInWorker(script, file, limits) {
  if (file.size <= SMALL || !globalThis.OffscreenCanvas) return file;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  let worker = null;
  let late = 0;
  try {
    worker = new Worker(url);
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      late = setTimeout(reject, PATIENCE);
      worker.postMessage({ file, ...limits });
    });
  } catch {
    return file;
  } finally {
    clearTimeout(late);
    worker?.terminate();
    URL.revokeObjectURL(url);
  }
}
