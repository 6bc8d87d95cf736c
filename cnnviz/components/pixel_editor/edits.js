// Painted pixels as text, `row.col~value` joined by `_`, and what their values are in a picture.

/** The painted pixels, each place once, in the order of painting. A value is a grey or six hex digits. */
export class PixelEdits {
  constructor(text = "") {
    /** @type {Map<string, string>} */
    this.values = new Map(text ? text.split("_").map((edit) => /** @type {[string, string]} */ (edit.split("~"))) : []);
  }

  /** @param {number} row @param {number} col */
  at(row, col) {
    return this.values.get(`${row}.${col}`);
  }

  /**
   * @param {number} row
   * @param {number} col
   * @param {string} value
   */
  set(row, col, value) {
    this.delete(row, col);
    this.values.set(`${row}.${col}`, value);
  }

  /** @param {number} row @param {number} col */
  delete(row, col) {
    return this.values.delete(`${row}.${col}`);
  }

  /** Without the one that was painted last. */
  withoutLast() {
    return new PixelEdits([...this.parts()].slice(0, -1).join("_"));
  }

  *parts() {
    for (const [place, value] of this.values) yield `${place}~${value}`;
  }

  toString() {
    return [...this.parts()].join("_");
  }
}

/**
 * A value in a picture of so many channels; colours become grey as Pillow does it, by ITU-R BT.601 in 16 bits.
 * @param {string} value
 * @param {number} channels
 */
export function colourOf(value, channels) {
  if (value.length < 6) return Array(channels).fill(Number(value));
  const [r, g, b] = [0, 2, 4].map((i) => parseInt(value.slice(i, i + 2), 16));
  return channels === 3 ? [r, g, b] : [(19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16];
}

/**
 * A colour as the text of a value.
 * @param {number[]} colour
 */
export const valueOf = (colour) =>
  colour.length === 1 ? String(colour[0]) : colour.map((part) => part.toString(16).padStart(2, "0")).join("");

/**
 * The cells on the way from one to another, both included, one for each step of the longer side.
 * @param {Place} cell
 * @param {Place} cell
 */
export function cellsBetween([row, col], [toRow, toCol]) {
  const steps = Math.max(Math.abs(toRow - row), Math.abs(toCol - col), 1);
  /** @type {Place[]} */
  const cells = [];
  for (let i = 0; i <= steps; i++)
    cells.push([Math.round(row + ((toRow - row) * i) / steps), Math.round(col + ((toCol - col) * i) / steps)]);
  return cells;
}
