// The arithmetic of one window. Positions are (row, column); the input is the padded one.

/** Padded-input row or column that kernel index `k` covers when the window stands at output index `o`. */
const covered = (o, k, stride, dilation) => o * stride + k * dilation;

/** Every product of one window: value, weight, product; and their sums. Added up in double precision. */
function windowTerms(model, filter, row, col) {
  const { spec, padded, weight, bias } = model;
  const [, channels, kh, kw] = spec.kernel;
  const [, height, width] = spec.padded;
  const [sh, sw] = spec.stride, [dh, dw] = spec.dilation;
  const terms = [], sums = [];
  let total = 0;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const y = covered(row, i, sh, dh), x = covered(col, j, sw, dw);
        const value = padded[(c * height + y) * width + x];
        const w = weight[((filter * channels + c) * kh + i) * kw + j];
        terms.push({ value, weight: w, product: value * w, border: isBorder(spec, y, x) });
        sum += value * w;
      }
    }
    sums.push(sum);
    total += sum;
  }
  return { terms, sums, total, bias: bias[filter], result: total + bias[filter] };
}

/** Each filter's own scales, symmetric about 0: its weights, its output map, and the products there can be. */
function filterScales({ spec, padded, weight, output }) {
  const most = (values) => values.reduce((top, value) => Math.max(top, Number.isFinite(value) ? Math.abs(value) : 0), 0);
  const symmetric = (top) => ({ low: -(top || 1), high: top || 1 });
  const [filters] = spec.kernel, top = most(padded);
  const part = (values, f) => values.subarray((f * values.length) / filters, ((f + 1) * values.length) / filters);
  return Array.from({ length: filters }, (_, f) => {
    const weights = most(part(weight, f));
    return { weights: symmetric(weights), output: symmetric(most(part(output, f))), products: symmetric(top * weights) };
  });
}

/** Whether a cell of the padded input is border, not data. */
function isBorder(spec, y, x) {
  const [top, left] = spec.padding, [, height, width] = spec.input;
  return y < top || y >= top + height || x < left || x >= left + width;
}

/** Every output position whose window covers a cell of the padded input. */
function fedBy(spec, y, x) {
  const along = (at, kernel, stride, dilation, size) => {
    const found = [];
    for (let k = kernel - 1; k >= 0; k--) {
      const start = at - k * dilation;
      if (start >= 0 && start % stride === 0 && start / stride < size) found.push(start / stride);
    }
    return found;
  };
  const [, , kh, kw] = spec.kernel, [, rows, cols] = spec.output;
  const ys = along(y, kh, spec.stride[0], spec.dilation[0], rows);
  const xs = along(x, kw, spec.stride[1], spec.dilation[1], cols);
  return ys.flatMap((row) => xs.map((col) => [row, col]));
}
