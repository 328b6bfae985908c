// Each kind of layer of a network: what it computes, and how gradients go back through it. Arrays
// are (h, w, c), row by row; sums are taken in float64.

export function readLayer(layer, layers, floats) {
  if (!LAYER_KINDS[layer.kind]) throw new Error(`layer '${layer.name}' is a ${layer.kind}`);
  const channels = layer.shape.at(-1);
  const weights = (layer.weights ?? []).map((w) => floats.subarray(w.at, w.at + product(w.shape)));
  const ones = new Float32Array(product(layer.window ?? []) * channels).fill(1);
  const [kernel = ones, bias = new Float32Array(channels)] = weights;
  const read = { ...layer, channels, size: product(layer.shape), kernel, bias };
  if (LAYER_KINDS[layer.kind] === CONVOLUTION) read.turned = turn(kernel, channels);
  if (layer.window) read.seen = placesSeen(layer, layers[layer.inputs[0]].shape);
  return read;
}

// For each place of a layer's output, the places of its input in the window; -1 is in the padding.
function placesSeen({ shape, window, strides, dilation, padding }, input) {
  const outputs = shape.length === 3 ? shape : [1, 1];
  const [top, left] = [0, 1].map((axis) => {
    if (padding === "valid") return 0;
    if (padding !== "same") return padding[axis][0];
    const reach = (outputs[axis] - 1) * strides[axis] + (window[axis] - 1) * dilation[axis] + 1;
    return Math.max(0, reach - input[axis]) >> 1; // of an odd number, one more is at the end
  });
  const seen = [];
  for (let row = 0; row < outputs[0]; row++)
    for (let column = 0; column < outputs[1]; column++)
      for (let i = 0; i < window[0]; i++)
        for (let j = 0; j < window[1]; j++) {
          const y = row * strides[0] + i * dilation[0] - top;
          const x = column * strides[1] + j * dilation[1] - left;
          const isInside = y >= 0 && y < input[0] && x >= 0 && x < input[1];
          seen.push(isInside ? y * input[1] + x : -1);
        }
  return Int32Array.from(seen);
}

function product(lengths) {
  return lengths.reduce((all, length) => all * length, 1);
}

function turn(matrix, columns) {
  const turned = new Float32Array(matrix.length);
  const rows = matrix.length / columns;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = matrix[row * columns + column];
  return turned;
}

// ---- Each kind of layer: its output, and from the gradients of its output those of its inputs

// Nearly all the time goes here: result[p, n] = start[n] + the sum over k of a[p, k] b[n, k].
// Two rows and four columns at a time: each number that is read serves several products. At an edge
// the last row or column is computed again.
function multiply(a, b, start) {
  const columns = start.length;
  const depth = b.length / columns;
  const rows = a.length / depth;
  const result = new Float32Array(rows * columns);
  for (let p0 = 0; p0 < rows; p0 += 2) {
    const p1 = Math.min(p0 + 1, rows - 1);
    for (let n0 = 0; n0 < columns; n0 += 4) {
      const n1 = Math.min(n0 + 1, columns - 1);
      const n2 = Math.min(n0 + 2, columns - 1);
      const n3 = Math.min(n0 + 3, columns - 1);
      let s00 = start[n0];
      let s01 = start[n1];
      let s02 = start[n2];
      let s03 = start[n3];
      let s10 = s00;
      let s11 = s01;
      let s12 = s02;
      let s13 = s03;
      for (let k = 0; k < depth; k++) {
        const x0 = a[p0 * depth + k];
        const x1 = a[p1 * depth + k];
        const y0 = b[n0 * depth + k];
        const y1 = b[n1 * depth + k];
        const y2 = b[n2 * depth + k];
        const y3 = b[n3 * depth + k];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      result[p0 * columns + n0] = s00;
      result[p0 * columns + n1] = s01;
      result[p0 * columns + n2] = s02;
      result[p0 * columns + n3] = s03;
      result[p1 * columns + n0] = s10;
      result[p1 * columns + n1] = s11;
      result[p1 * columns + n2] = s12;
      result[p1 * columns + n3] = s13;
    }
  }
  return result;
}

// The input as a matrix: a row for each place of the output, with all values that its window covers.
function gather({ kernel, channels, window, seen }, input) {
  if (!seen) return input; // each window covers one place, its own
  const depth = kernel.length / channels / product(window);
  const matrix = new Float32Array(seen.length * depth);
  for (let i = 0; i < seen.length; i++)
    if (seen[i] >= 0)
      for (let c = 0; c < depth; c++) matrix[i * depth + c] = input[seen[i] * depth + c];
  return matrix;
}

// Values of such a matrix, each added up where gather would have taken it from.
function scatter({ kernel, channels, window, seen }, matrix, size) {
  if (!seen) return matrix;
  const depth = kernel.length / channels / product(window);
  const sums = new Float64Array(size);
  for (let i = 0; i < seen.length; i++)
    if (seen[i] >= 0)
      for (let c = 0; c < depth; c++) sums[seen[i] * depth + c] += matrix[i * depth + c];
  return new Float32Array(sums);
}

const CONVOLUTION = {
  forward: (layer, [input]) => multiply(gather(layer, input), layer.turned, layer.bias),
  backward(layer, gradients, [input]) {
    const { kernel, channels } = layer;
    const matrix = multiply(gradients, kernel, new Float32Array(kernel.length / channels));
    return [scatter(layer, matrix, input.length)];
  },
};

// Where a channel is computed from the same channel of the input alone: calls visit(i, k, j) for
// every place j of the input that is seen from a place i of the output with the weight k; each is
// the number of that place's first channel.
function forEachSeen({ seen, window, channels }, visit) {
  const taps = product(window);
  for (let i = 0; i < seen.length; i++) {
    const tap = i % taps;
    if (seen[i] >= 0) visit(((i - tap) / taps) * channels, tap * channels, seen[i] * channels);
  }
}

const DEPTHWISE = {
  forward({ size, seen, channels, kernel, bias }, [input]) {
    const output = new Float32Array(size);
    const sums = new Float64Array(channels); // of one place
    for (let i = 0, first = 0; first < size; first += channels) {
      sums.set(bias);
      for (let tap = 0; tap < kernel.length; tap += channels, i++)
        if (seen[i] >= 0) addProducts(sums, 0, kernel, tap, input, seen[i] * channels, channels);
      output.set(sums, first);
    }
    return output;
  },
  backward({ size, seen, channels, kernel }, gradients, [input]) {
    const sums = new Float64Array(input.length);
    for (let i = 0, first = 0; first < size; first += channels)
      for (let tap = 0; tap < kernel.length; tap += channels, i++)
        if (seen[i] >= 0)
          addProducts(sums, seen[i] * channels, kernel, tap, gradients, first, channels);
    return [new Float32Array(sums)];
  },
};

function addProducts(sums, at, a, i, b, j, count) {
  for (let c = 0; c < count; c++) sums[at + c] += a[i + c] * b[j + c];
}

// Padding does not count: a window over the edge is divided by the places that it covers.
const AVERAGE = {
  covered(layer) {
    const counts = new Uint32Array(layer.size);
    forEachSeen(layer, (i) => counts[i]++);
    return (i) => counts[i - (i % layer.channels)];
  },
  forward(layer, inputs) {
    const covered = AVERAGE.covered(layer);
    return DEPTHWISE.forward(layer, inputs).map((sum, i) => sum / covered(i));
  },
  backward(layer, gradients, inputs) {
    const covered = AVERAGE.covered(layer);
    return DEPTHWISE.backward(
      layer,
      gradients.map((each, i) => each / covered(i)),
      inputs,
    );
  },
};

const MAXIMUM = {
  forward(layer, [input]) {
    const output = new Float32Array(layer.size).fill(-Infinity);
    forEachSeen(layer, (i, _, j) => {
      for (let c = 0; c < layer.channels; c++)
        if (input[j + c] > output[i + c]) output[i + c] = input[j + c];
    });
    return output;
  },
  // Of several maxima in a window, the first takes the gradient, as in TensorFlow.
  backward(layer, gradients, [input], output) {
    const left = gradients.slice();
    const sums = new Float64Array(input.length);
    forEachSeen(layer, (i, _, j) => {
      for (let c = 0; c < layer.channels; c++)
        if (input[j + c] === output[i + c]) {
          sums[j + c] += left[i + c];
          left[i + c] = 0;
        }
    });
    return [new Float32Array(sums)];
  },
};

const GLOBAL_MAXIMUM = {
  forward: MAXIMUM.forward,
  // Here TensorFlow divides the gradient among all maxima.
  backward({ channels }, gradients, [input], output) {
    const maxima = new Uint32Array(channels);
    for (let i = 0; i < input.length; i++)
      maxima[i % channels] += input[i] === output[i % channels];
    const share = (i) => gradients[i % channels] / maxima[i % channels];
    return [input.map((value, i) => (value === output[i % channels] ? share(i) : 0))];
  },
};

const SCALE = {
  forward: ({ kernel, bias, channels }, [input]) =>
    input.map((value, i) => value * kernel[i % channels] + bias[i % channels]),
  backward: ({ kernel, channels }, gradients) => [
    gradients.map((each, i) => each * kernel[i % channels]),
  ],
};

const SUM = {
  forward: (_, inputs) => inputs.reduce((a, b) => sumOf(a, b)),
  backward: (_, gradients, inputs) => inputs.map(() => gradients),
};

const CONCATENATION = {
  // Calls visit(number of the input, where in the output a place's channels of it begin, and where
  // in the input, how many channels they are).
  forEachPart({ size, channels }, inputs, visit) {
    const places = size / channels;
    for (let place = 0, i = 0; place < places; place++)
      inputs.forEach((input, which) => {
        const width = input.length / places;
        visit(which, i, place * width, width);
        i += width;
      });
  },
  forward(layer, inputs) {
    const output = new Float32Array(layer.size);
    CONCATENATION.forEachPart(layer, inputs, (which, i, j, width) =>
      output.set(inputs[which].subarray(j, j + width), i),
    );
    return output;
  },
  backward(layer, gradients, inputs) {
    const parts = inputs.map((input) => new Float32Array(input.length));
    CONCATENATION.forEachPart(layer, inputs, (which, i, j, width) =>
      parts[which].set(gradients.subarray(i, i + width), j),
    );
    return parts;
  },
};

const UNCHANGED = { forward: (_, [input]) => input, backward: (_, gradients) => [gradients] };

export const LAYER_KINDS = {
  Input: UNCHANGED,
  Conv2D: CONVOLUTION,
  Dense: CONVOLUTION, // of one place, or of each place
  DepthwiseConv2D: DEPTHWISE,
  ZeroPadding2D: DEPTHWISE, // a window of one place, and the weight 1
  AveragePooling2D: AVERAGE,
  GlobalAveragePooling2D: AVERAGE, // a window as large as the picture
  MaxPooling2D: MAXIMUM,
  GlobalMaxPooling2D: GLOBAL_MAXIMUM,
  Scale: SCALE,
  Add: SUM,
  Concatenate: CONCATENATION,
  Flatten: UNCHANGED,
  Identity: UNCHANGED,
};
export const LIMITS = { relu: Infinity, relu6: 6 };

export function sumOf(a, b) {
  return a.map((value, i) => value + b[i]);
}
