// The arithmetic of a convolution, forward and backward. Knows no screen.
//
// A model (see geometry.js) with the arrays `kernels` and `bias`, and where `x` holds only some of the layer's input
// channels with `rest` [F, H', W'], what the others add. Sums are made in double precision.

import { activationOf } from "../shared/activations.js";
import { firstChannel, isBorder, placeOf } from "./geometry.js";

/**
 * Add to `sums` what input channel `c` of the filter's group contributes to its output map.
 * @param {Model} model
 * @param {number} filter
 * @param {number} c
 * @param {Float32Array[]} columns
 * @param {Float64Array} sums
 */
function addChannel(model, filter, c, columns, sums) {
  const [, channels, kh, kw] = model.spec.kernel;
  const size = sums.length;
  for (let t = 0; t < kh * kw; t++) {
    const w = model.kernels[(filter * channels + c) * kh * kw + t];
    const column = columns[t];
    for (let n = 0; n < size; n++) sums[n] += w * column[n];
  }
}

/**
 * For each kernel cell, the input values that it meets at every output cell: one array for each cell.
 * @param {Model} model
 * @param {number} channel
 */
function columnsOf({ spec, x, tapRows, tapCols }, channel) {
  const [, , kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const [, rows, cols] = spec.output;
  const columns = [];
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++) {
      const column = new Float32Array(rows * cols);
      for (let row = 0; row < rows; row++) {
        const y = tapRows[row * kh + i];
        if (y < 0) continue;
        const from = (channel * height + y) * width;
        for (let col = 0; col < cols; col++) {
          const at = tapCols[col * kw + j];
          if (at >= 0) column[row * cols + col] = x[from + at];
        }
      }
      columns.push(column);
    }
  return columns;
}

/**
 * The output maps of the given filters, before and after the activation, into `model.z` and `model.a`.
 * @param {Model} model
 * @param {number[]} filters
 */
export function convolve(model, filters) {
  const { spec, bias, rest, z, a } = model;
  const [, channels] = spec.kernel;
  const size = spec.output[1] * spec.output[2];
  /** @type {Map<number, Float64Array>} */
  const sums = new Map(filters.map((filter) => [filter, new Float64Array(size)]));
  for (let group = 0; group < spec.groups; group++) {
    const here = filters.filter((filter) => firstChannel(spec, filter) === group * channels);
    for (let c = 0; here.length && c < channels; c++) {
      const columns = columnsOf(model, group * channels + c);
      for (const [filter, sum] of sums) if (here.includes(filter)) addChannel(model, filter, c, columns, sum);
    }
  }
  const { f } = activationOf(spec);
  for (const [filter, sum] of sums)
    for (let n = 0; n < size; n++) {
      const value = sum[n] + (rest ? rest[filter * size + n] : 0) + bias[filter];
      z[filter * size + n] = value;
      a[filter * size + n] = f(value, spec.slope);
    }
}

/**
 * What each input channel of its group adds to a filter's map: one array for each.
 * @param {Model} model
 * @param {number} filter
 */
export function channelMaps(model, filter) {
  const [, channels] = model.spec.kernel;
  const first = firstChannel(model.spec, filter);
  return Array.from({ length: channels }, (_, c) => {
    const sums = new Float64Array(model.spec.output[1] * model.spec.output[2]);
    addChannel(model, filter, c, columnsOf(model, first + c), sums);
    return Float32Array.from(sums);
  });
}

/**
 * Every product of one window, in the kernel's order, their sum for each channel, what is added, and what becomes of
 * them.
 * @param {Model} model
 * @param {number} filter
 * @param {number} row
 * @param {number} col
 */
export function windowTerms(model, filter, row, col) {
  const { spec, x, kernels, bias, tapRows, tapCols } = model;
  const [, channels, kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const [, rows, cols] = spec.output;
  const first = firstChannel(spec, filter);
  const rest = model.rest ? model.rest[(filter * rows + row) * cols + col] : 0;
  /** @type {Term[]} */
  const terms = [];
  const sums = [];
  let total = 0;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const y = tapRows[row * kh + i];
        const at = tapCols[col * kw + j];
        const source = y < 0 || at < 0 ? -1 : ((first + c) * height + y) * width + at;
        const value = source < 0 ? 0 : x[source];
        const weight = kernels[((filter * channels + c) * kh + i) * kw + j];
        terms.push({
          value,
          weight,
          product: value * weight,
          source,
          border: !spec.transposed && isBorder(spec, ...placeOf(model, row, col, i, j)),
        });
        sum += value * weight;
      }
    sums.push(sum);
    total += sum;
  }
  const z = total + rest + bias[filter];
  const { f, d } = activationOf(spec);
  return { terms, sums, total, rest, bias: bias[filter], z, result: f(z, spec.slope), slope: d(z, spec.slope) };
}

/**
 * What an input cell of a transposed convolution paints: for each kernel cell the product and the output cell under it.
 * @param {Model} model
 * @param {number} filter
 * @param {number} y
 * @param {number} x
 */
export function paintedTerms(model, filter, y, x) {
  const { spec, kernels } = model;
  const [, channels, kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const [, rows, cols] = spec.output;
  const first = firstChannel(spec, filter);
  /** @type {Term[]} */
  const terms = [];
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const row = y * spec.stride[0] + i * spec.dilation[0] - spec.cut[0];
        const col = x * spec.stride[1] + j * spec.dilation[1] - spec.cut[1];
        const source = ((first + c) * height + y) * width + x;
        const weight = kernels[((filter * channels + c) * kh + i) * kw + j];
        const there = row >= 0 && row < rows && col >= 0 && col < cols;
        terms.push({
          value: model.x[source],
          weight,
          product: model.x[source] * weight,
          source: there ? source : -1,
          border: false,
          output: there ? [row, col] : null,
        });
      }
  return terms;
}

/**
 * The gradients of the loss for one output cell whose own gradient is `g`: for the weights and the input of each term.
 * @param {WindowTerms | Pooled} found
 * @param {number} g
 */
export function windowGradients(found, g) {
  const z = g * found.slope;
  const inputs = new Map();
  for (const { source, weight } of found.terms)
    if (source >= 0) inputs.set(source, (inputs.get(source) || 0) + z * weight);
  return {
    z,
    weights: found.terms.map((term) => z * term.value),
    inputs: found.terms.map((term) => (term.source < 0 ? NaN : inputs.get(term.source))), // NaN: no input there
  };
}
