// The engine in a worker, so that the page is never blocked: give it a network, then ask.

export function runInWorker(script) {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(url);
  const waiting = []; // who waits for the worker's next messages: it answers in order

  function request(message, transferred = []) {
    worker.postMessage(message, transferred);
    return new Promise((resolve) => waiting.push(resolve));
  }

  function giveUp(words) {
    for (const resolve of waiting.splice(0)) resolve({ error: words, refused: words });
  }

  worker.onmessage = ({ data }) => waiting.shift()(data);
  worker.onerror = ({ message }) => giveUp(message);
  return {
    load({ probe, ...description }, bytes) {
      const weights = copyOf(bytes);
      return request({ load: { description, weights, probe } }, [weights]);
    },
    ask: (question) => request(question),
    prepare: (picture, form) => request({ prepare: { picture, form } }),
    stop() {
      worker.terminate();
      giveUp("the engine was stopped"); // nobody waits for ever
      URL.revokeObjectURL(url);
    },
  };
}

export function copyOf({ buffer, byteOffset, byteLength }) {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
