// What the explorer says of pooling: the formula with its numbers, where the gradient goes, what a cell has to do with
// it.

import { text } from "../shared/numbers.js";
import { isBeyond, isBorder, placeOf } from "./geometry.js";
import { cellInWords, writeInto } from "./words.js";

/**
 * Two decimals, but what is smaller than they show in its own.
 * @param {number} value
 */
export const brief = (value) => (value && Math.abs(value) < 0.005 ? text(value, 4) : text(value));

const LISTED = 16; // more values than that are counted, not listed

/**
 * `max(29, 15, 0, 100) = 100` or `(29 + 15 + 0 + 100) / 4 = 36`; a border that counts is listed, what does not count is
 * not.
 * @param {Record<string, any>} line
 * @param {LayerSpec} spec
 * @param {State} state
 * @param {number} which
 * @param {Pooled} found
 */
export function drawPoolFormula(line, spec, state, which, { take, terms, sum, divisor, result }) {
  if (spec.isUntold) {
    writeInto(line, "place", cellInWords(spec, state));
    return writeInto(line, "result", text(result, 4), result);
  }
  const counted = terms.filter((term) => term.counts);
  const few = counted.length <= LISTED;
  const write = (/** @type {[role: string, content: string, value?: number]} */ ...words) => writeInto(line, ...words);
  const listed = counted.map((term, i) =>
    take === "max" || !i || term.value >= 0 ? brief(term.value) : `(${brief(term.value)})`,
  );
  write("place", `${spec.kinds[which]}  ${cellInWords(spec, state)}`);
  if (take === "max") write("terms", few ? `max(${listed.join(", ")})` : `max of ${counted.length} values`);
  else
    write(
      "terms",
      `${few ? `(${listed.join(" + ")})` : `sum of ${counted.length} values, ${text(sum, 4)},`} / ${text(divisor)}`,
    );
  write("rest", "");
  write("sum", "", take === "max" ? result : sum);
  write("z", "", result);
  write("activation", " = ");
  write("result", text(result, 4), result);
}

/**
 * Where the gradient of one output cell goes.
 * @param {LayerSpec} spec
 * @param {number} g
 * @param {Pooled} found
 */
export function poolChain({ input, isUntold }, g, { take, terms, divisor, result, winner }) {
  if (isUntold) return "";
  if (take === "mean")
    return `Mean: each input cell of the window gets ${brief(g)} / ${text(divisor)} = ${text(g / divisor, 4)}.`;
  if (winner < 0) return "Maximum: the window holds no input, so nothing gets a gradient.";
  const [, height, width] = input;
  const equal = terms.some((term) => term.source >= 0 && !term.won && term.value === result);
  const place = `[${Math.floor(winner / width) % height}, ${winner % width}]`;
  const tie = equal ? "; of equal values the first wins" : "";
  return `Maximum: the winner, input cell ${place}, gets all of ${brief(g)}, the others 0${tie}.`;
}

/**
 * What the input cell or the window cell under the pointer does.
 * @param {Model} model
 * @param {State} state
 * @param {Place[]} fed
 * @param {{ pools: Pooled[] }} found
 */
export function poolInWords(model, { source, cell, filter, row, col }, fed, found) {
  const { spec } = model;
  const [, , , kw] = spec.kernel;
  const [, height, width] = spec.input;
  const cellAt = (/** @type {number} */ y, /** @type {number} */ x) =>
    `Input cell [${y - spec.padding[0]}, ${x - spec.padding[1]}]`;
  if (cell && !source) {
    const [, i, j] = cell;
    const place = placeOf(model, row, col, i, j);
    if (place[0] < 0 || place[1] < 0) return "This window has no such cell: others are larger.";
    if (isBorder(spec, ...place)) return borderInWords(spec, place);
    if (spec.isUntold) return `${cellAt(...place)}.`;
    const shares = found.pools.map(({ take, terms, divisor }) =>
      take === "max"
        ? terms[i * kw + j].won
          ? "it is the winner"
          : "it does not win"
        : `it counts 1 / ${text(divisor)}`,
    );
    return `${cellAt(...place)}: ${shares.join("; ")}.`;
  }
  if (!source) return "";
  const windows = fed.length === 1 ? "window" : "windows";
  if (isBorder(spec, ...source)) {
    const cover = fed.length === 1 ? "covers" : "cover";
    return `${borderInWords(spec, source)} ${fed.length} ${windows} of each channel ${cover} it.`;
  }
  const [y, x] = [source[0] - spec.padding[0], source[1] - spec.padding[1]];
  const which = spec.pools.indexOf("max");
  const mine = (filter * height + y) * width + x;
  const wins =
    which < 0
      ? 0
      : /** @type {Int32Array} */ (model.maps[which][filter].winners).filter((winner) => winner === mine).length;
  const won = which < 0 || spec.isUntold ? "" : ` and wins ${wins || "none"} of them`;
  return `${cellAt(...source)} lies in ${fed.length} ${windows} of its channel${won}.`;
}

/**
 * @param {LayerSpec} spec
 * @param {Place} place
 */
function borderInWords(spec, place) {
  if (isBeyond(spec, ...place)) return "Beyond the border, where windows reach in ceil mode: it counts for nothing.";
  if (spec.isUntold) return "This cell is border, not data.";
  const how = spec.pools.map((take) =>
    take === "max"
      ? "as minus infinity in the maximum"
      : spec.countsBorder
        ? "as zero in the mean"
        : "for nothing in the mean",
  );
  return `This cell is border, not data: it counts ${how.join(", ")}.`;
}
