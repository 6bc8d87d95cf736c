// Where a sliding window stands and what it covers, from the layer's arguments. Knows no screen.
//
// Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv 1603.07285.

/** @param {number} kernel @param {number} dilation */
const covered = (kernel, dilation) => dilation * (kernel - 1) + 1;

/**
 * Of each row of a padded axis the row of the input that it repeats, −1 for none.
 * @param {number} size
 * @param {number} before
 * @param {number} after
 * @param {string} mode
 */
function sourcesOf(size, before, after, mode) {
  return Int32Array.from({ length: before + size + after }, (_, row) => {
    const at = row - before;
    if (at >= 0 && at < size) return at;
    if (mode === "reflect") return at < 0 ? -at : 2 * (size - 1) - at;
    if (mode === "replicate") return at < 0 ? 0 : size - 1;
    return mode === "circular" ? (at + size) % size : -1;
  });
}

/**
 * One axis of a layer that slides a window over its input; null where it does not fit.
 * @param {Sliding} layer
 * @param {number} axis
 * @param {number} size
 * @returns {Axis | null}
 */
function windowsAlong(layer, axis, size) {
  const [kernel, stride, dilation] = [layer.kernel[axis], layer.stride[axis], layer.dilation[axis]];
  const wide = covered(kernel, dilation);
  const [before, after] =
    layer.padding === "same"
      ? [(wide - 1) >> 1, wide - 1 - ((wide - 1) >> 1)]
      : [layer.padding[axis], layer.padding[axis]];
  const most = layer.isPooling ? kernel >> 1 : { reflect: size - 1, circular: size }[layer.mode];
  if ((layer.padding === "same" && stride > 1) || (most !== undefined && after > most)) return null;
  const steps = (before + size + after - wide) / stride;
  let out = (layer.roundsUp ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (layer.roundsUp && (out - 1) * stride >= size + before) out--; // a window has to begin on the input, or before it
  if (out <= 0) return null;
  const places = Int32Array.from({ length: out * kernel }, (_, at) => {
    return Math.floor(at / kernel) * stride + (at % kernel) * dilation;
  });
  const beyond = (out - 1) * stride + wide - before - size; // in ceil mode more than the border
  return { out, places, sources: sourcesOf(size, before, Math.max(after, beyond), layer.mode), before, after, cut: 0 };
}

/**
 * One axis of a transposed convolution; null where nothing is left of it.
 * @param {Sliding} layer
 * @param {number} axis
 * @param {number} size
 * @returns {Axis | null}
 */
function paintedAlong(layer, axis, size) {
  const [kernel, stride, dilation] = [layer.kernel[axis], layer.stride[axis], layer.dilation[axis]];
  const [cut, extra] = [Number(layer.padding[axis]), layer.extra[axis]];
  const out = (size - 1) * stride + covered(kernel, dilation) + extra - 2 * cut;
  if (out <= 0 || extra >= Math.max(stride, dilation)) return null;
  const places = Int32Array.from({ length: out * kernel }, (_, at) => {
    const steps = Math.floor(at / kernel) + cut - (at % kernel) * dilation;
    return steps >= 0 && steps % stride === 0 && steps < size * stride ? steps / stride : -1;
  });
  return { out, places, sources: Int32Array.from({ length: size }, (_, row) => row), before: 0, after: 0, cut };
}

/**
 * What each mean is divided by, [H', W'].
 * @param {Sliding} layer
 * @param {Axis[]} axes
 */
function divisorsOf(layer, axes) {
  const [rows, cols] = axes.map(({ out, places, after, before }, axis) => {
    const kernel = layer.kernel[axis];
    const size = layer.input[axis] + before;
    const end = layer.countsBorder ? size + after : size;
    const begin = layer.countsBorder ? 0 : before;
    return Array.from({ length: out }, (_, o) => {
      const window = places.subarray(o * kernel, (o + 1) * kernel);
      return window.filter((at) => at >= begin && at < end).length;
    });
  });
  return Float32Array.from({ length: rows.length * cols.length }, (_, at) => {
    return layer.divisor ?? rows[Math.floor(at / cols.length)] * cols[at % cols.length];
  });
}

/**
 * The geometry of a layer, as the server would send it; null where the layer does not fit its input.
 * @param {Sliding} layer
 */
export function slid(layer) {
  const along = layer.isTransposed ? paintedAlong : windowsAlong;
  const axes = [0, 1].map((axis) => along(layer, axis, layer.input[axis]));
  const [rows, cols] = axes;
  if (!rows || !cols) return null;
  const both = /** @type {Axis[]} */ (axes);
  const place = (/** @type {(axis: Axis) => number} */ of) => /** @type {Place} */ (both.map(of));
  return {
    out: place((axis) => axis.out),
    padding: place((axis) => axis.before),
    padded: place((axis) => axis.sources.length),
    bordered: /** @type {Place} */ (both.map((axis, at) => axis.before + layer.input[at] + axis.after)),
    cut: place((axis) => axis.cut),
    taps: { rowPlaces: rows.places, colPlaces: cols.places, rowSources: rows.sources, colSources: cols.sources },
    divisors: layer.isMean ? divisorsOf(layer, both) : null,
  };
}
