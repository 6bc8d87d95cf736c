// What the explorer says: the formula with its numbers, and what a cell that one looks at has to do with others.

import { text } from "../shared/numbers.js";
import { firstChannel, isBorder, multipliedBy } from "./geometry.js";

/** @param {number} value @param {number} [digits] */
const signed = (value, digits) => (value < 0 ? `(${text(value, digits)})` : text(value, digits));

/**
 * Whether the layer has one input channel, so that words need not name it.
 * @param {LayerSpec} spec
 */
export const isAlone = (spec) => spec.kernel[1] === 1 && !spec.rest;

/**
 * The output cell of the formula; inside a network the filter's number is not its own there.
 * @param {LayerSpec} spec
 * @param {State} state
 */
export const cellInWords = ({ outer }, { filter, row, col }) =>
  outer ? `y[${row}, ${col}] = ` : `y[${filter}, ${row}, ${col}] = `;

/**
 * What stands between `y[…] =` and the sum: products where they are few, channels where there are some, else their
 * number.
 * @param {LayerSpec} spec
 * @param {number} filter
 * @param {Convolved} found
 */
export function sumInWords(spec, filter, found) {
  if (found.terms.length <= 9)
    return found.terms.map((term) => `${text(term.value)}·${signed(term.weight)}`).join(" + ");
  const first = firstChannel(spec, filter);
  if (spec.outer)
    // long names that end in numbers
    return found.sums.length > 1 && found.sums.length <= 4
      ? found.sums.map((sum, c) => `${signed(sum)} (${spec.channels[first + c]})`).join(" + ")
      : `sum of ${found.terms.length} products`;
  if (found.sums.length > 1 && found.sums.length <= 8)
    return found.sums.map((sum, c) => `${spec.channels[first + c]} ${signed(sum)}`).join(" + ");
  return `sum of ${found.terms.length} products`;
}

/**
 * What the input cell or the kernel cell under the pointer does.
 * @param {Model} model
 * @param {State} state
 * @param {Place[]} fed the output cells that the input cell feeds
 */
export function lookInWords(model, { source, cell, filter }, fed) {
  const { spec } = model;
  const [, channels, kh, kw] = spec.kernel;
  if (cell) {
    const [c, i, j] = cell;
    const many = multipliedBy(model, i, j);
    const borders = many.filter(([y, x]) => isBorder(spec, y, x)).length;
    const weight = model.kernels[((filter * channels + c) * kh + i) * kw + j];
    const name = !isAlone(spec) ? ` for ${spec.channels[firstChannel(spec, filter) + c]}` : "";
    const inBorder = borders ? `, ${borders} of them border` : "";
    const cells = `${many.length} input ${many.length === 1 ? "cell" : "cells"}${inBorder}`;
    const edit = spec.outer ? "" : " Click to edit it.";
    return `Kernel cell [${i}, ${j}]${name}, weight ${text(weight, 4)}, multiplies ${cells}.${edit}`;
  }
  if (!source) return "";
  const [y, x] = [source[0] - spec.padding[0], source[1] - spec.padding[1]];
  const reached = `${fed.length} output ${fed.length === 1 ? "cell" : "cells"} in each output map`;
  if (spec.transposed) return `Input cell [${y}, ${x}] paints ${reached}: its value times the kernel.`;
  const border = isBorder(spec, ...source);
  if (border && spec.paddingMode !== "zeros") {
    const copied = [model.rowSources[source[0]], model.colSources[source[1]]];
    return `This cell is border, a copy of input cell [${copied.join(", ")}]: it feeds ${reached}.`;
  }
  const zero = spec.zeroIs ? `, and its 0 is ${spec.zeroIs}` : "";
  return `${border ? `This cell is border, not data${zero}: it` : `Input cell [${y}, ${x}]`} feeds ${reached}.`;
}

/**
 * @param {Record<string, any>} parts
 * @param {string} role
 * @param {string} content
 * @param {number} [value]
 */
export function writeInto(parts, role, content, value) {
  if (parts[role].shown !== content) parts[role].textContent = parts[role].shown = content;
  if (value !== undefined) parts[role].dataset.value = value;
}

/**
 * The formula of the output cell, number by number; tests read the exact ones from the data attributes.
 * @param {Record<string, any>} line
 * @param {Record<string, any>} parts
 * @param {LayerSpec} spec
 * @param {State} state
 * @param {Convolved} found
 * @param {boolean} backward
 */
export function drawFormula(line, parts, spec, state, found, backward) {
  const write = (/** @type {[role: string, content: string, value?: number]} */ ...words) => writeInto(line, ...words);
  write("place", `${spec.outer ? `${spec.filters[state.filter]}: ` : ""}${cellInWords(spec, state)}`);
  const shown = found.sums.length === 1 ? "the map shown" : `the ${found.sums.length} maps shown`;
  write("terms", spec.rest ? "" : `${sumInWords(spec, state.filter, found)} = `);
  write("sum", spec.rest ? `${signed(found.total, 4)} (${shown}) + ` : `${text(found.total, 4)} + `, found.total);
  write("rest", spec.rest ? `${signed(found.rest, 4)} (${spec.rest}) + ` : "", found.rest);
  write("bias", `bias ${signed(found.bias, spec.outer ? 4 : 2)}`, found.bias);
  if (spec.activation) {
    write("z", ` = ${text(found.z, 4)}`, found.z);
    write("activation", ` → ${spec.activationName} → `);
  } else {
    write("z", "", found.z);
    write("activation", " = ");
  }
  write("result", text(found.result, 4), found.result);
  if (backward) {
    const z = state.gradient * found.slope;
    const through = spec.activation
      ? `through ${spec.activationName}: ${text(state.gradient)} · ${text(found.slope, 4)} = ${text(z, 4)}. `
      : "";
    writeInto(
      parts,
      "chain",
      `${through}Each weight gets ${text(z, 4)} · its input value, ` +
        `each input cell ${text(z, 4)} · its weight, the bias ${text(z, 4)}.`,
      z,
    );
  }
}
