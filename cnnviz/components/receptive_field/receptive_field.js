// A cell's receptive field: the picture and the strengths side by side, both outlines on each, a pixel read on both.

import { unpack } from "../shared/arrays.js";
import { make, partsOf } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { arrowOf } from "../shared/keys.js";
import { cellSize, MapBox } from "../shared/map_box.js";
import { frame, sized } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { range, text } from "../shared/numbers.js";
import { dashedFrame, drawOutlines } from "./outlines.js";
import { CHANNELS, PictureBox } from "./picture_box.js";

const SIDE = 448;
const GUTTER = 28; // a picture of 224 pixels fits in twice

/**
 * A part of each of some maps of `high` × `wide` values.
 * @param {Float32Array} values
 * @param {number} channels
 * @param {number} high
 * @param {number} wide
 * @param {Part} part
 */
function cropped(values, channels, high, wide, { row, col, rows, cols }) {
  const part = new Float32Array(channels * rows * cols);
  for (let i = 0; i < channels * rows; i++) {
    const from = (Math.floor(i / rows) * high + row + (i % rows)) * wide + col;
    part.set(values.subarray(from, from + cols), i * cols);
  }
  return part;
}

/**
 * A part of the picture: where it begins, and how large it is.
 * @typedef {{ row: number, col: number, rows: number, cols: number }} Part
 */
class Field {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.parts = partsOf(root);
    this.drawn = 0;
    /** @type {Place | null} */
    this.at = null;
    this.near = false;
    this.parts.near.onclick = () => {
      this.near = !this.near;
      this.parts.near.setAttribute("aria-pressed", String(this.near));
      this.draw();
    };
    this.sample("can", frame);
    this.sample("does", dashedFrame);
  }

  fit() {
    this.draw();
  }

  /**
   * @param {string} role
   * @param {typeof dashedFrame} outline
   */
  sample(role, outline) {
    const context = sized(this.parts[role], 40, 22);
    context.fillStyle = "#888";
    context.fillRect(0, 0, 40, 22);
    outline(context, 4, 4, 32, 14);
  }

  /** @param {any} data */
  show(data) {
    const { spec } = data;
    const before = this.spec;
    this.spec = spec;
    const { pixels, gradient } = unpack(data);
    /** @type {Float32Array} */
    this.pixels = pixels;
    /** @type {Float32Array} */
    this.gradient = gradient;
    const [, rows, cols] = spec.shape;
    if (!before || before.shape.join() !== spec.shape.join()) {
      this.at = null;
      const size = `${rows} by ${cols} pixels. Arrow keys read a pixel, with Shift ten pixels on.`;
      /** @type {[PictureBox, MapBox]} */
      this.maps = [
        new PictureBox(`The picture: ${size}`, "What the network sees"),
        new MapBox(`How strongly each pixel moves this cell: ${size}`, "How strongly each pixel moves this cell"),
      ];
      for (const map of this.maps) this.listen(map);
      this.parts.sides.replaceChildren(...this.maps.map((map) => map.figure));
    }
    this.root.setAttribute("aria-label", spec.title);
    this.root.dataset.theory = spec.theory ?? "";
    this.root.dataset.measured = spec.measured ?? "";
    this.parts.title.textContent = spec.title;
    this.parts.said.replaceChildren(...spec.words.map((/** @type {string} */ words) => make("p", "", words)));
    this.draw();
  }

  /** @param {MapBox} map */
  listen(map) {
    map.over.onpointermove = map.over.onpointerdown = (event) => {
      const [row, col] = map.at(event);
      this.look([/** @type {Part} */ (this.view).row + row, /** @type {Part} */ (this.view).col + col]);
    };
    map.over.onpointerleave = (event) => event.pointerType === "mouse" && this.look(null);
    map.over.onblur = (event) => this.maps.some(({ over }) => over === event.relatedTarget) || this.look(null);
    map.over.onkeydown = (event) => this.key(event);
  }

  /**
   * The part of the picture that is drawn: all of it, or the field and a pixel around it.
   * @returns {Part}
   */
  part() {
    const {
      shape: [, rows, cols],
      theory,
      measured,
    } = this.spec;
    /** @type {Sides[]} */
    const boxes = [theory, measured].filter(Boolean);
    const whole = { row: 0, col: 0, rows, cols };
    const first = (/** @type {number} */ i) => Math.max(0, Math.floor(Math.min(...boxes.map((box) => box[i]))) - 1);
    const last = (/** @type {number} */ i, /** @type {number} */ size) =>
      Math.min(size - 1, Math.ceil(Math.max(...boxes.map((box) => box[i + 2]))) + 1);
    const field = {
      row: first(0),
      col: first(1),
      rows: last(0, rows) - first(0) + 1,
      cols: last(1, cols) - first(1) + 1,
    };
    const small =
      boxes.length > 0 &&
      field.rows > 0 &&
      field.cols > 0 &&
      2 * Math.max(field.rows, field.cols) <= Math.max(rows, cols);
    this.parts.near.hidden = !small;
    return small && this.near ? field : whole;
  }

  draw() {
    const {
      shape: [channels, high, wide],
      scale,
    } = this.spec;
    const { row, col, rows, cols } = (this.view = this.part());
    this.width = this.root.clientWidth;
    const beside = (this.width - GUTTER) / 2;
    const room = Math.min(beside < 260 ? this.width : beside, SIDE);
    const [picture, strengths] = this.maps;
    const cell = this.cellSize(room, rows, cols);
    picture.picture({ values: cropped(this.pixels, channels, high, wide, this.view), channels, rows, cols, cell });
    const shown = range(this.gradient, 0, high * wide);
    const formula = channels > 1 ? "Σ |∂cell/∂pixel| over the colours" : "|∂cell/∂pixel|";
    shown.note = [formula, shown.note].filter(Boolean).join(" · ");
    const values = cropped(this.gradient, 1, high, wide, this.view);
    strengths.draw({ values, rows, cols, cell, scale, table: TABLES[scale.table], what: "strength", shown });
    /** @returns {Sides | null} */
    const moved = (/** @type {Sides | null} */ box) => box && [box[0] - row, box[1] - col, box[2] - row, box[3] - col];
    /** @type {Parameters<typeof drawOutlines>[1]} */
    this.outlines = { theory: moved(this.spec.theory), measured: moved(this.spec.measured), rows, cols, cell };
    this.look(this.at);
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests wait for it
  }

  /**
   * Whole pixels of the screen for each of the picture; one with more of them than there is room for is drawn smaller.
   * @param {number} room
   * @param {number} rows
   * @param {number} cols
   */
  cellSize(room, rows, cols) {
    const ratio = window.devicePixelRatio || 1;
    return Math.min(cellSize(ratio * room, ratio * SIDE, rows, cols, ratio * 72) / ratio, room / cols);
  }

  /**
   * Read a pixel on both maps; null to look at none.
   * @param {Place | null} at
   */
  look(at) {
    this.at = at;
    for (const map of this.maps) {
      map.pen.clearRect(0, 0, map.cols * map.cell, map.rows * map.cell);
      drawOutlines(map.pen, this.outlines);
      if (at) this.mark(map, at[0] - /** @type {Part} */ (this.view).row, at[1] - /** @type {Part} */ (this.view).col);
    }
    this.parts.read.textContent = at
      ? this.reading(...at)
      : "Point at a pixel, or reach it by the arrow keys, to read it.";
    if (!at) this.parts.live.textContent = "";
  }

  /**
   * A frame around a pixel, large enough to be seen around a small one.
   * @param {MapBox} map
   * @param {number} row
   * @param {number} col
   */
  mark(map, row, col) {
    const side = Math.max(map.cell, 8);
    const middle = (/** @type {number} */ index) => (index + 0.5) * map.cell - side / 2;
    frame(map.pen, middle(col), middle(row), side, side);
  }

  /**
   * @param {number} row
   * @param {number} col
   */
  reading(row, col) {
    const {
      shape: [channels, rows, cols],
      theory,
      total,
    } = this.spec;
    const at = row * cols + col;
    const values = Array.from({ length: channels }, (_, channel) => text(this.pixels[channel * rows * cols + at]));
    const seen =
      channels === 1
        ? `pixel ${values[0]}`
        : values.map((value, channel) => `${CHANNELS[channel]} ${value}`).join(", ");
    const strength = this.gradient[at];
    const share = total && Number.isFinite(strength) ? ` (${text((100 * strength) / total)} % of all)` : "";
    const can = !theory || (row >= theory[0] && row <= theory[2] && col >= theory[1] && col <= theory[3]);
    const unread = can ? "" : " · the cell cannot read it";
    return `row ${row}, column ${col}: ${seen} · strength ${text(strength, 4)}${share}${unread}`;
  }

  /**
   * Where the keys begin: at the strongest pixel.
   * @returns {Place}
   */
  strongest() {
    const {
      shape: [, rows, cols],
    } = this.spec;
    let best = -1;
    let most = 0;
    this.gradient.forEach((value, i) => {
      if (Number.isFinite(value) && value > most) [best, most] = [i, value];
    });
    return best < 0 ? [rows >> 1, cols >> 1] : [Math.floor(best / cols), best % cols];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = arrowOf(event);
    if (event.key === "Escape") this.look(null);
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const { row, col, rows, cols } = /** @type {Part} */ (this.view);
    const step = event.shiftKey ? 10 : 1;
    const inside = (/** @type {number} */ value, /** @type {number} */ first, /** @type {number} */ size) =>
      Math.max(first, Math.min(first + size - 1, value));
    const [y, x] = this.at ? [this.at[0] + step * by[0], this.at[1] + step * by[1]] : this.strongest();
    this.look([inside(y, row, rows), inside(x, col, cols)]);
    this.parts.live.textContent = this.parts.read.textContent;
  }
}

export default await mounted(import.meta.url, Field);
