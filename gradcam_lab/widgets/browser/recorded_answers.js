// Answers that Python computed beforehand, for a page whose network is too large to be in it. It is
// asked as the engine is: see engine_in_worker.js.

const UINT16_LARGEST = 65535;

// See record.py for what stands where in the bytes.
export function readRecorded({ layers, classes, places }, bytes) {
  const at = (offset, count, Numbers) => {
    const start = bytes.byteOffset + offset;
    return new Numbers(bytes.buffer.slice(start, start + count * Numbers.BYTES_PER_ELEMENT));
  };

  function answer({ number, target, method }, layer, sameScale) {
    const found = places[`${number} ${target} ${method}`];
    if (!found) return null;
    const which = layers.findIndex(({ name }) => name === layer);
    const { shape, offset } = layers[which];
    const peaks = at(found.peaks, layers.length, Float32Array);
    const share = sameScale ? Math.max(0, peaks[which]) / Math.max(...peaks) : 1;
    const values = at(found.maps + offset, shape[0] * shape[1], Uint16Array);
    return {
      target: found.explained,
      probabilities: at(found.probabilities, classes, Float32Array),
      heatmap: Float32Array.from(values, (value) => value && (value / UINT16_LARGEST) * share),
      shape,
    };
  }

  return {
    async ask({ items, layer, sameScale, words }) {
      const answers = items.map((item) => answer(item, layer, sameScale));
      return answers.includes(null) ? { error: words.not_recorded } : { answers };
    },
    stop() {},
  };
}
