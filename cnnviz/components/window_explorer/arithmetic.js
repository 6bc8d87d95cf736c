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
