// The arithmetic of pooling, forward and backward. Knows no screen.
//
// A model (see geometry.js) with `spec.pools`, what is made of each window: "max", "mean" or both, and for means the
// `divisors` of all windows, [H', W'].

import { isBeyond, placeOf } from "./geometry.js";

/**
 * The maximum and the mean of every window of one channel, and the input cell that won each, −1 for none.
 * @param {Model} model
 * @param {number} channel
 */
function poolChannel({ spec, x, tapRows, tapCols, divisors }, channel) {
  const [, , kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const [, rows, cols] = spec.output;
  const largest = new Float32Array(rows * cols);
  const means = new Float32Array(rows * cols);
  const winners = new Int32Array(rows * cols).fill(-1);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) {
      const at = row * cols + col;
      let sum = 0;
      let best = -Infinity;
      let winner = -1;
      for (let i = 0; i < kh; i++) {
        const y = tapRows[row * kh + i];
        if (y < 0) continue;
        const from = (channel * height + y) * width;
        for (let j = 0; j < kw; j++) {
          const tap = tapCols[col * kw + j];
          if (tap < 0) continue;
          const value = x[from + tap];
          sum += value;
          if (winner < 0 || value > best || Number.isNaN(value)) {
            // the first of equals, as in torch
            best = value;
            winner = from + tap;
          }
        }
      }
      largest[at] = best;
      winners[at] = winner;
      if (divisors) means[at] = sum / divisors[at];
    }
  return { max: { values: largest, winners }, mean: { values: means } };
}

/**
 * All maps of all channels, into `model.maps`: for each of `spec.pools` the maps by channel.
 * @param {Model} model
 */
export function pool(model) {
  const channels = Array.from({ length: model.spec.input[0] }, (_, channel) => poolChannel(model, channel));
  model.maps = model.spec.pools.map((take) => channels.map((made) => made[take]));
}

/**
 * The cells of one window in its order, each with the weight that the result gives it: 1 for the winner and 0 for the
 * others, or one over the divisor. `absent`: this window has no such cell; `beyond`: it lies beyond the padding;
 * `counts`: it is data, or a border that counts.
 * @param {Model} model
 * @param {number} which
 * @param {number} channel
 * @param {number} row
 * @param {number} col
 */
export function poolTerms(model, which, channel, row, col) {
  const { spec, x, tapRows, tapCols, divisors, maps } = model;
  const take = spec.pools[which];
  const [, , kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const here = row * spec.output[2] + col;
  const { values, winners } = maps[which][channel];
  const divisor = take === "mean" ? divisors[here] : NaN;
  const terms = [];
  let sum = 0;
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++) {
      const y = tapRows[row * kh + i];
      const at = tapCols[col * kw + j];
      const place = placeOf(model, row, col, i, j);
      const absent = place[0] < 0 || place[1] < 0;
      const source = y < 0 || at < 0 ? -1 : (channel * height + y) * width + at;
      const beyond = !absent && isBeyond(spec, ...place);
      const counts = source >= 0 || (!absent && !beyond && (take === "max" || spec.countsBorder));
      const value = source >= 0 ? x[source] : take === "max" ? -Infinity : 0;
      const won = take === "max" && source >= 0 && source === winners?.[here];
      const weight = take === "max" ? Number(won) : source >= 0 ? 1 / divisor : 0;
      if (source >= 0) sum += value;
      terms.push({ value, weight, source, absent, beyond, counts, won });
    }
  return { take, terms, sum, divisor, result: values[here], winner: winners ? winners[here] : -1, slope: 1 };
}

/**
 * The gradient of all output cells' sum, at every input cell of a channel: for the maximum, how often each cell wins.
 * @param {Model} model
 * @param {number} which
 * @param {number} channel
 */
export function inputGradients(model, which, channel) {
  const { spec, tapRows, tapCols, divisors, maps } = model;
  const [, , kh, kw] = spec.kernel;
  const [, height, width] = spec.input;
  const [, rows, cols] = spec.output;
  const gradients = new Float32Array(height * width);
  if (spec.pools[which] === "max") {
    for (const winner of maps[which][channel].winners ?? [])
      if (winner >= 0) gradients[winner - channel * height * width] += 1;
    return gradients;
  }
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const y = tapRows[row * kh + i];
          const x = tapCols[col * kw + j];
          if (y >= 0 && x >= 0) gradients[y * width + x] += 1 / divisors[row * cols + col];
        }
  return gradients;
}
