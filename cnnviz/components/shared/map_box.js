// A map on the page: its canvas, an overlay for frames and focus, its caption and its legend.

import { TABLES } from "./colours.js";
import { make, penOf } from "./dom.js";
import { drawLegend, drawMap, frame, sized } from "./maps.js";
import { range } from "./numbers.js";

/**
 * How large a cell may be so that `rows` × `cols` of them fit into a box.
 * @param {number} width
 * @param {number} height
 * @param {number} rows
 * @param {number} cols
 */
export const cellSize = (width, height, rows, cols, most = 72) =>
  Math.max(1, Math.min(most, Math.floor(width / cols), Math.floor(height / rows)));

export class MapBox {
  /** @param {string} label */
  constructor(label, caption = "") {
    this.figure = make("figure", "map");
    this.caption = make("figcaption", "", caption);
    this.box = make("div", "box");
    this.base = make("canvas");
    this.over = make("canvas", "over");
    this.legend = make("div", "legend");
    /** @type {{ rows: number, cols: number, cell: number, scale: Scale, table: Table }} */
    this.drawn = { rows: 0, cols: 0, cell: 0, scale: { low: 0, high: 1 }, table: TABLES.pixels };
    this.rows = 0;
    this.cols = 0;
    this.cell = 1;
    this.dirty = false;
    this.pen = penOf(this.over);
    this.base.setAttribute("aria-hidden", "true");
    this.over.tabIndex = 0;
    this.over.setAttribute("role", "application");
    this.over.setAttribute("aria-label", label);
    this.box.append(this.base, this.over);
    this.figure.append(this.caption, this.box, this.legend);
  }

  /**
   * Draw `rows` × `cols` values; `what` is the legend's word for them, none for a legend without a word.
   * @param {MapOfNumbers & { what?: string, shown?: Span }} options
   */
  draw({ values, offset = 0, rows, cols, cell, scale, table, what = "", shown }) {
    Object.assign(this, { rows, cols, cell, dirty: false });
    this.drawn = { rows, cols, cell, scale, table };
    const context = sized(this.base, cols * cell, rows * cell);
    drawMap(context, { values, offset, rows, cols, cell, scale, table });
    this.pen = sized(this.over, cols * cell, rows * cell);
    drawLegend(this.legend, what, shown || range(values, offset, rows * cols), scale, table);
    return context;
  }

  /**
   * Draw other values in the same form, under the same legend.
   * @param {Numbers} values
   */
  repaint(values) {
    const context = penOf(this.base);
    drawMap(context, { values, ...this.drawn });
    return context;
  }

  /**
   * A cell that holds no data: hatched or empty, with a word where there is room.
   * @param {CanvasRenderingContext2D} context
   * @param {number} row
   * @param {number} col
   * @param {string} background
   */
  blank(context, row, col, background, word = "", hatched = true) {
    const { cell } = this;
    const x = col * cell;
    const y = row * cell;
    context.fillStyle = background;
    context.fillRect(x, y, cell, cell);
    if (hatched) hatch(context, x, y, cell, cell);
    if (!word || cell < 20) return;
    context.font = `${Math.min(16, Math.floor(cell / 2.5))}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const wide = context.measureText(word).width + 6;
    const high = Math.min(20, cell - 4);
    context.fillRect(x + (cell - wide) / 2, y + (cell - high) / 2, wide, high);
    context.fillStyle = "rgb(128,128,128)";
    context.fillText(word, x + cell / 2, y + cell / 2);
  }

  clear() {
    if (this.dirty) this.pen.clearRect(0, 0, this.cols * this.cell, this.rows * this.cell);
    this.dirty = false;
  }

  /** @param {number} row @param {number} col */
  frame(row, col, rows = 1, cols = 1, thick = 2) {
    frame(this.pen, col * this.cell, row * this.cell, cols * this.cell, rows * this.cell, thick);
    this.dirty = true;
  }

  /** @param {number} row @param {number} col @param {number} rows @param {number} cols */
  ghost(row, col, rows, cols) {
    const { pen, cell } = this;
    for (const [ink, start] of [
      ["rgba(0,0,0,.75)", 0],
      ["rgba(255,212,0,.9)", 4],
    ]) {
      pen.strokeStyle = /** @type {string} */ (ink);
      pen.lineDashOffset = Number(start);
      pen.setLineDash([4, 4]);
      pen.lineWidth = 1.5;
      pen.strokeRect(col * cell, row * cell, cols * cell, rows * cell);
    }
    pen.setLineDash([]);
    this.dirty = true;
  }

  /**
   * Tint many cells at once; frames around each would cost too much.
   * @param {Place[]} cells
   */
  tint(cells) {
    this.pen.fillStyle = "rgba(255,212,0,.45)";
    for (const [row, col] of cells) this.pen.fillRect(col * this.cell, row * this.cell, this.cell, this.cell);
    this.dirty = true;
  }

  /**
   * The cell under the pointer.
   * @param {PointerEvent} event
   * @returns {Place}
   */
  at(event) {
    const box = this.over.getBoundingClientRect();
    const inside = (/** @type {number} */ value, /** @type {number} */ size) =>
      Math.max(0, Math.min(size - 1, Math.floor(value)));
    return [
      inside(((event.clientY - box.top) / box.height) * this.rows, this.rows),
      inside(((event.clientX - box.left) / box.width) * this.cols, this.cols),
    ];
  }
}

/**
 * Lines across a part of a map that is no data.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function hatch(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = "rgba(128,128,128,.8)";
  context.lineWidth = 1;
  context.beginPath();
  for (let d = -height; d < width; d += 6) {
    context.moveTo(x + d, y + height);
    context.lineTo(x + d + height, y);
  }
  context.stroke();
  context.restore();
}
