// The arithmetic of one cell of a layer that acts cell by cell, as torch has it. Knows no screen.
//
// For each kind: `symbols`, the formula in letters for so many inputs, and `value`, which takes the layer's numbers and
// what stands at the cell in each input map, and gives the result and the parts of the formula: words, and numbers that
// were computed or learned. A setting goes among the words, with all its digits.

import { activationOf } from "../shared/activations.js";

/** @typedef {string | number} Part */
/** @typedef {Record<string, number>} Settings of the layer, by torch.nn's names */
/**
 * @typedef {object} Formula
 * @property {(count: number) => string} symbols
 * @property {(numbers: Settings, inputs: number[]) => { result: number, parts: Part[] }} value
 */

export const LISTED_CELLS = 9; // more values than that are counted, not listed

/** @param {number} i */
export const cellLetter = (i) => (i < 26 ? String.fromCharCode(97 + i) : `a${i}`);
/** @param {number} value */
const setting = (value) => (value < 0 ? `(${value})` : String(value));

/**
 * A template as parts; parts inside it are spliced in.
 * @param {TemplateStringsArray} strings
 * @param {...(Part | Part[])} values
 * @returns {Part[]}
 */
const parts = (strings, ...values) =>
  [...strings]
    .flatMap((words, i) => [words, ...(i < values.length ? [values[i] ?? ""].flat() : [])])
    .filter((part) => part !== "");

/**
 * Values with the same sign between them, each with `after` behind it.
 * @param {number[]} values
 * @returns {Part[]}
 */
const listed = (values, after = "") =>
  values.flatMap((value, i) => (i ? [" + ", value, after] : [value, after])).filter((part) => part !== "");

/**
 * @param {string} kind
 * @param {string} symbols
 * @param {(x: number, numbers: Settings) => Part[]} words
 * @returns {Formula}
 */
const activated = (kind, symbols, words) => ({
  symbols: () => symbols,
  value: (numbers, [x]) => ({
    result: activationOf({ activation: kind }).f(x, numbers.negative_slope),
    parts: words(x, numbers),
  }),
});

/** @type {Record<string, Formula>} */
export const CELL_FORMULAS = {
  ReLU: activated("ReLU", "y = max(x, 0)", (x) => parts`max(${x}, 0)`),
  LeakyReLU: activated(
    "LeakyReLU",
    "y = max(x, 0) + negative_slope · min(x, 0)",
    (x, { negative_slope }) => parts`max(${x}, 0) + ${setting(negative_slope)} · min(${x}, 0)`,
  ),
  Sigmoid: activated("Sigmoid", "y = 1 / (1 + e^(−x))", (x) => parts`1 / (1 + e^(${-x}))`),
  Tanh: activated("Tanh", "y = tanh(x)", (x) => parts`tanh(${x})`),
  GELU: activated(
    "GELU",
    "y = x · Φ(x), with Φ the standard normal distribution’s share below x",
    (x) => parts`${x} · Φ(${x})`,
  ),
  SiLU: activated("SiLU", "y = x / (1 + e^(−x))", (x) => parts`${x} / (1 + e^(${-x}))`),

  BatchNorm2d: {
    symbols: () => "y = (x − mean) / √(var + eps) · γ + β",
    value: ({ mean, var: variance, eps, weight, bias }, [x]) => ({
      result: ((x - mean) / Math.sqrt(variance + eps)) * weight + bias,
      parts: parts`(${x} − ${mean}) / √(${variance} + ${setting(eps)}) · ${weight} + ${bias}`,
    }),
  },

  // Krizhevsky et al. 2012, section 3.3; torch divides by size, also where the window is cut at the ends.
  LocalResponseNorm: {
    symbols: () => "y = x / (k + alpha · Σ xⱼ² / size)^beta",
    value({ size, alpha, beta, k, own }, inputs) {
      const squares = inputs.reduce((sum, value) => sum + value * value, 0);
      const x = inputs[own];
      const sum = inputs.length > LISTED_CELLS ? [squares] : ["(", ...listed(inputs, "²"), ")"];
      return {
        result: x / (k + (alpha * squares) / size) ** beta,
        parts: parts`${x} / (${setting(k)} + ${setting(alpha)} · ${sum} / ${setting(size)})^${setting(beta)}`,
      };
    },
  },

  sum: {
    symbols: (count) => `y = ${Array.from({ length: count }, (_, i) => cellLetter(i)).join(" + ")}`,
    value: (_, inputs) => ({
      result: inputs.reduce((sum, value) => sum + value),
      parts: inputs.length > LISTED_CELLS ? [`sum of ${inputs.length} values`] : listed(inputs),
    }),
  },
  scale: {
    symbols: () => "y = x · gate",
    value: (_, [x, gate]) => ({ result: x * gate, parts: parts`${x} · ${gate}` }),
  },
  same: { symbols: () => "y = x", value: (_, [x]) => ({ result: x, parts: [] }) },
};
