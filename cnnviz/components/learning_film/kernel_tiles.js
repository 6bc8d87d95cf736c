// The kernels of a first layer at one moment: a tile each, in true colour or channel by channel.

import { TABLES } from "../shared/colours.js";
import { CHANNELS, mixed, MIXED } from "../shared/kernel_colours.js";
import { drawLegend, sized } from "../shared/maps.js";
import { level, range, text } from "../shared/numbers.js";

const GAP = 6;
const SEAM = 4;
const LARGEST_CELL = 40;
const LARGEST_KERNEL = 15 * 15;

/**
 * How large a cell can be, and in how many columns, so that `count` tiles of `wide` × `high` cells fit; full rows look
 * best.
 * @param {number} count
 * @param {number} wide
 * @param {number} high
 * @param {number} seams
 * @param {number} room
 * @param {number} height
 * @returns {{ cell: number, columns: number }}
 */
export function arranged(count, wide, high, seams, room, height) {
  const ways = [];
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const across = (room - (columns - 1) * GAP) / columns - seams - 2;
    const down = (height - (rows - 1) * GAP) / rows - 2;
    ways.push({
      columns,
      cell: Math.min(LARGEST_CELL, Math.floor(Math.min(across / wide, down / high))),
      empty: rows * columns - count,
    });
  }
  const largest = Math.max(...ways.map(({ cell }) => cell));
  if (largest >= 1)
    return ways
      .filter(({ cell }) => cell >= 0.7 * largest)
      .sort((a, b) => a.empty - b.empty || b.cell - a.cell || b.columns - a.columns)[0];
  if (height < Infinity) return arranged(count, wide, high, seams, room, Infinity);
  return { cell: 1, columns: 1 }; // wider than the room: the box scrolls
}

export class KernelTiles {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.figure = figure;
    this.part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (figure.querySelector(selector));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.part("canvas"));
    this.sheet = document.createElement("canvas");
    this.view = "colour";
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (figure.querySelectorAll("[data-view]")))
      button.onclick = () => {
        this.view = /** @type {string} */ (button.dataset.view);
        this.layout();
        this.draw(this.at, this.when);
      };
  }

  /**
   * @param {Float32Array} values
   * @param {number[]} shape moments, kernels, channels, rows and columns
   * @param {number} top
   */
  show(values, shape, top) {
    /** @type {Float32Array} */
    this.values = values;
    const [, units, channels, rows, cols] = shape;
    /** @type {number} */
    this.units = units;
    /** @type {number} */
    this.channels = channels;
    /** @type {number} */
    this.rows = rows;
    /** @type {number} */
    this.cols = cols;
    /** @type {Scale} */
    this.scale = { low: -top, high: top };
    const caption = this.part("figcaption");
    if (!this.units) caption.textContent = "The first layer reads no image: its weights make no picture.";
    else {
      const sides = [this.rows, this.cols, ...(this.channels > 1 ? [this.channels] : [])];
      caption.textContent = `The first layer: ${this.counted(this.units)} of ${sides.join("×")} weights`;
    }
    this.part(".switch").hidden = !this.units || this.channels !== 3;
    this.part(".scroll").hidden = !this.units;
  }

  /**
   * So many kernels; where they are as large as an image, they are the units of a layer that is no convolution.
   * @param {number} count
   */
  counted(count, of = "") {
    const one = this.rows * this.cols > LARGEST_KERNEL ? "unit" : "kernel";
    return `${count} ${of}${(of ? this.units : count) === 1 ? one : `${one}s`}`;
  }

  get planes() {
    return this.channels === 3 && this.view === "colour" ? 1 : this.channels;
  }

  layout() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.figure.querySelectorAll("[data-view]")))
      /** @type {TakesNumbers} */ (button).setAttribute("aria-pressed", button.dataset.view === this.view);
    if (!this.units) return;
    const { planes, rows, cols } = this;
    const room = this.figure.clientWidth - 8; // the box's own edge
    const seams = (planes - 1) * SEAM;
    const { cell, columns } = arranged(
      this.units,
      planes * cols,
      rows,
      seams,
      room,
      Math.min(430, Math.max(240, room)),
    );
    /** @type {number} */
    this.cell = cell;
    /** @type {number} */
    this.columns = columns;
    /** @type {Place} */
    this.pitch = [rows * cell + 2 + GAP, planes * cols * cell + seams + 2 + GAP];
    /** @type {CanvasRenderingContext2D} */
    this.pen = sized(this.canvas, columns * this.pitch[1] - GAP, Math.ceil(this.units / columns) * this.pitch[0] - GAP);
    this.sheet.width = planes * cols;
    this.sheet.height = this.units * rows;
  }

  /**
   * @param {number} at
   * @param {string} when
   */
  draw(at, when) {
    /** @type {number} */
    this.at = at;
    /** @type {string} */
    this.when = when;
    if (!this.units) return;
    const { planes, rows, cols, cell, pen } = this;
    this.fillSheet();
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.fillStyle = "#888"; // an edge of one pixel, on light and dark
    for (let unit = 0; unit < this.units; unit++) {
      const x = (unit % this.columns) * this.pitch[1];
      const y = Math.floor(unit / this.columns) * this.pitch[0];
      for (let plane = 0; plane < planes; plane++) {
        const left = x + plane * (cols * cell + SEAM);
        pen.fillRect(left, y, cols * cell + 2, rows * cell + 2);
        pen.drawImage(this.sheet, plane * cols, unit * rows, cols, rows, left + 1, y + 1, cols * cell, rows * cell);
      }
    }
    this.tell();
  }

  /**
   * One pixel a weight, all tiles below each other and their channels side by side, to be enlarged without smoothing.
   */
  fillSheet() {
    const { values, scale, units, channels, planes, rows, cols } = this;
    const context = /** @type {CanvasRenderingContext2D} */ (this.sheet.getContext("2d"));
    const image = context.createImageData(planes * cols, units * rows);
    const size = rows * cols;
    const start = this.at * units * channels * size;
    const { rgb } = TABLES.weights;
    const inColour = planes < channels;
    for (let unit = 0; unit < units; unit++)
      for (let plane = 0; plane < planes; plane++)
        for (let i = 0; i < size; i++) {
          const from = start + (unit * channels + plane) * size + i;
          const to = 4 * ((unit * rows + Math.floor(i / cols)) * planes * cols + plane * cols + (i % cols));
          const value = values[from];
          const at = 3 * level(value, scale);
          const colour = inColour
            ? mixed(values, from, size, scale)
            : Number.isFinite(value)
              ? rgb.subarray(at, at + 3)
              : [255, 0, 255];
          image.data.set(colour, to);
          image.data[to + 3] = 255;
        }
    context.putImageData(image, 0, 0);
  }

  /**
   * Of some channels, or of all: true minimum and maximum. Of the kernels: how many are odd.
   * @param {number | null} channel
   */
  measured(channel = null) {
    const size = this.rows * this.cols;
    const kernel = this.channels * size;
    const start = this.at * this.units * kernel;
    const found = { min: Infinity, max: -Infinity, unknown: 0, zero: 0 };
    for (let unit = 0; unit < this.units; unit++) {
      const from = start + unit * kernel + (channel ?? 0) * size;
      const { min, max, note } = range(this.values, from, channel === null ? kernel : size);
      found.min = Math.min(found.min, min);
      found.max = Math.max(found.max, max);
      if (note === "all zero") found.zero++;
      else if (note) found.unknown++;
    }
    return found;
  }

  /** The legend, and the picture in words. */
  tell() {
    const inColour = this.planes < this.channels;
    const { units } = this;
    const all = this.measured();
    /** @type {[string, ReturnType<KernelTiles["measured"]>, { css: string[] }][]} */
    const legends = inColour
      ? CHANNELS.map((name, c) => [name, this.measured(c), MIXED[c]])
      : [["Weights", all, TABLES.weights]];
    this.part(".legends").replaceChildren(
      ...legends.map(([name, found, table]) => {
        const legend = document.createElement("div");
        drawLegend(legend, name, { ...found, note: "" }, this.scale, table);
        return legend;
      }),
    );
    const odd = [];
    if (all.zero) odd.push(all.zero === units ? "all zero" : `${this.counted(all.zero, `of ${units} `)} all zero`);
    if (all.unknown) odd.push(`NaN or infinite weights in ${this.counted(all.unknown, `of ${units} `)}`);
    const span = Number.isFinite(all.min) ? `min ${text(all.min, 3)} · max ${text(all.max, 3)}` : "no finite weight";
    const order =
      !inColour && this.channels > 1
        ? ` ${this.channels === 3 ? "Red, green and blue" : "Channels"} from left to right.`
        : "";
    const meaning = inColour ? "Mid grey is 0, and colours" : "Purple is below 0, grey 0, green above; colours";
    this.part(".range").textContent =
      [span, ...odd].join(" · ") + `. ${meaning} end at ±${text(this.scale.high, 3)}, the same at all moments.${order}`;
    const how = inColour
      ? "in true colour"
      : this.channels > 1
        ? `${this.channels} channels side by side`
        : "one channel";
    this.canvas.setAttribute(
      "aria-label",
      `${this.part("figcaption").textContent}, ${how}, at ${this.when}: ${[span, ...odd].join(", ")}`,
    );
  }
}
