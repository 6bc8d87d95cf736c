// What the network map says in words.

import { text } from "../shared/numbers.js";
import { madeOf } from "./links.js";

const MOST_NAMED = 5; // the drawing shows more

/** @param {PlacedColumn} column */
const shapeOf = ({ total, size, isUnit }) =>
  isUnit
    ? `${total} ${total === 1 ? "number" : "numbers"}`
    : `${total} ${total === 1 ? "map" : "maps"} of ${size[0]}×${size[1]}`;
/** @param {number} share */
export const perCent = (share) => (share >= 0.995 ? "100 %" : share < 0.01 ? "<1 %" : `${Math.round(100 * share)} %`);

/** @param {PlacedColumn} column */
export const fullName = (column) => (column.name === "input" ? column.title : column.name);

/**
 * "map 7", "unit 3", or the class.
 * @param {PlacedColumn} column
 * @param {number} channel
 */
export const unitName = (column, channel) => column.names[channel] ?? `${column.isUnit ? "unit" : "map"} ${channel}`;

/**
 * One map, or a whole layer where the slot is −1.
 * @param {PlacedColumn[]} columns
 * @param {Look} at
 * @param {number} low
 */
export function whatInWords(columns, { index, slot }, low) {
  const column = columns[index];
  if (slot < 0) return `${fullName(column)}: ${shapeOf(column)}, ${column.subtitle}. Click for all of them.`;
  const channel = column.channels[slot];
  const one = `${fullName(column)} · ${unitName(column, channel)}`;
  if (column.isUnit) return `${one} of ${column.total}: ${text(low, 4)}`;
  return `${one} of ${column.total}, ${column.size[0]}×${column.size[1]}`;
}

/** @param {PlacedColumn[]} columns @param {Look} at */
export function readsInWords(columns, at) {
  if (at.slot < 0) return "";
  const made = madeOf(columns, at).slice(0, MOST_NAMED);
  if (!made.length) return "";
  /** @type {Map<number, typeof made>} */
  const byColumn = new Map();
  for (const part of made) byColumn.set(part.column, [...(byColumn.get(part.column) || []), part]);
  const isCopy = made.length === 1 && made[0].share > 0.995;
  const words = [...byColumn].map(
    ([from, parts]) =>
      `${fullName(columns[from])}: ` +
      parts
        .map((part) => unitName(columns[from], part.channel) + (isCopy ? "" : ` (${perCent(part.share)})`))
        .join(", "),
  );
  const rest = 1 - made.reduce((sum, { share }) => sum + share, 0);
  const others = rest > 0.01 ? `; all others ${perCent(rest)}` : "";
  return `Made of ${words.join("; ")}${others}${columns[at.index].also || ""}.`;
}

/**
 * @param {PlacedColumn[]} columns
 * @param {[number, number, number][][][]} fed
 * @param {Look} at
 */
export function feedsInWords(columns, fed, at) {
  if (at.slot < 0) return "";
  const parts = fed[at.index][at.slot];
  if (!parts.length) return "";
  /** @type {Map<number, number[]>} */
  const byColumn = new Map();
  for (const [index, slot] of parts) byColumn.set(index, [...(byColumn.get(index) || []), slot]);
  const words = [...byColumn].map(([index, slots]) => {
    const names = slots.map((/** @type {number} */ slot) => unitName(columns[index], columns[index].channels[slot]));
    return `${fullName(columns[index])}: ${slots.length > 6 ? `${slots.length} of those shown` : names.join(", ")}`;
  });
  return `Feeds ${words.join("; ")}.`;
}

/**
 * The input rows and columns that a cell can read, as far as they are in the picture.
 * @param {Place} cell
 * @param {number[]} field
 * @param {Place} size
 */
export function fieldInWords(cell, [top, left, bottom, right], [height, width]) {
  const inside = (/** @type {number} */ first, /** @type {number} */ last, /** @type {number} */ size) => [
    Math.max(0, first),
    Math.min(size - 1, last),
  ];
  const [a, b] = inside(top, bottom, height);
  const [c, d] = inside(left, right, width);
  if (a > b || c > d) return `Row ${cell[0]}, column ${cell[1]} can read no cell of the input.`;
  return `Row ${cell[0]}, column ${cell[1]} can read rows ${a}–${b}, columns ${c}–${d} of the input.`;
}
