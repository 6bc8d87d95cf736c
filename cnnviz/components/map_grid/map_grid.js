// A grid of maps with one legend: hovering reads a value, a click or the keyboard chooses a map.

import { unpack } from "../shared/arrays.js";
import { TABLES } from "../shared/colours.js";
import { CHANNELS, MIXED, mixedPixels } from "../shared/kernel_colours.js";
import { arrowOf } from "../shared/keys.js";
import { drawGrid, drawLegend, drawMap, frame, sized } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { range, text } from "../shared/numbers.js";

const GAP = 2;
const WIDE_GAP = 7;
const LABEL = 16;
const HEAD = 34;
const LARGEST_LABELLED = 96;

/** @typedef {{ map: number, row: number, col: number }} Spot a cell of a map */
class MapGrid {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.drawn = 0;
    this.base = /** @type {HTMLCanvasElement} */ (root.querySelector(".base"));
    this.over = /** @type {HTMLCanvasElement} */ (root.querySelector(".over"));
    this.read = /** @type {HTMLElement} */ (root.querySelector("[data-role=read]"));
    this.over.onpointermove = (event) => this.hover(this.at(event));
    this.over.onpointerleave = () => this.hover(null);
    this.over.onclick = (event) => {
      const at = this.at(event);
      if (at) this.choose(at.map);
    };
    this.over.onkeydown = (event) => this.key(event);
  }

  /**
   * @param {any} data
   * @param {Tell} tell
   */
  show(data, tell) {
    this.spec = data.spec;
    /** @type {Float32Array} */
    this.maps = unpack(data).maps;
    /** @type {Table} */
    this.table = TABLES[this.spec.scale.table];
    /** @type {(chosen: number) => void} */
    this.tell = (chosen) => tell("chosen", chosen);
    // where nothing is marked as chosen, arrow keys only look, and Enter chooses
    /** @type {number | null} */
    this.chosen = this.cursor = this.spec.chosen;
    const [count, h, w] = this.spec.shape;
    this.root.classList.toggle("choosable", this.spec.choosable);
    this.over.tabIndex = 0;
    this.over.setAttribute("role", "application");
    this.over.setAttribute(
      "aria-label",
      `${this.spec.label}: ${count} ${this.spec.item}${count === 1 ? "" : "s"} of ${h} by ${w} values` +
        (this.spec.inColour ? " in each of three colours." : ".") +
        (this.spec.choosable
          ? this.spec.chosen === null
            ? " Arrow keys walk, Enter chooses."
            : " Arrow keys choose one."
          : ""),
    );
    this.draw();
  }

  fit() {
    this.draw();
  }

  draw() {
    const {
      shape: [count, h, w],
      columns,
      labels,
      heads,
    } = this.spec;
    /** @type {number} */
    this.width = this.root.clientWidth;
    const across = Math.min(columns, count);
    const down = Math.ceil(count / columns);
    const gap = count === 1 ? 0 : labels.length ? WIDE_GAP : heads ? 2 * GAP : GAP;
    /** @type {number} */
    this.cell = this.cellSize(across, down, gap);
    /** @type {number} */
    this.strip = labels.length ? LABEL : 0; // above each map
    /** @type {Place} */
    this.pitch = [h * this.cell + gap + this.strip, w * this.cell + gap];
    /** @type {Place} */
    const size = [across * this.pitch[1], down * this.pitch[0]];
    const [left, top] = heads ? [HEAD, LABEL] : [0, 0];
    const context = sized(this.base, size[0] + left, size[1] + top);
    context.translate(left, top);
    for (let i = 0; i < count; i++) this.drawOne(context, i, ...this.corner(i));
    if (heads) this.drawHeads(context, heads);
    /** @type {CanvasRenderingContext2D} */
    this.pen = sized(this.over, ...size);
    Object.assign(this.over.style, { left: `${left}px`, top: `${top}px` });
    this.drawLegends();
    this.mark();
    this.hover(null);
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
    /** @type {TakesNumbers} */ (this.root).dataset.chosen = this.chosen ?? "";
  }

  /**
   * @param {number} across
   * @param {number} down
   * @param {number} gap
   * @returns {number}
   */
  cellSize(across, down, gap) {
    const {
      shape: [count, h, w],
      cell,
      smallest,
    } = this.spec;
    if (cell) return cell;
    const fits = Math.max(1, Math.min(56, Math.floor((Math.min(this.width, 900) - across * gap) / (across * w))));
    if (count === 1) return fits;
    const most = smallest ? Math.max(1, Math.floor(LARGEST_LABELLED / w)) : 12;
    return Math.max(Math.ceil(smallest / w), Math.min(fits, Math.max(2, Math.floor(800 / (down * h))), most));
  }

  /**
   * The upper left corner of a map, below its label.
   * @returns {Place}
   * @param {number} i
   */
  corner(i) {
    const { columns } = this.spec;
    return [(i % columns) * this.pitch[1], Math.floor(i / columns) * this.pitch[0] + this.strip];
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} i
   * @param {number} x
   * @param {number} y
   */
  drawOne(context, i, x, y) {
    const {
      shape: [count, h, w],
      scale,
      inColour,
      labels,
    } = this.spec;
    const { cell, maps, table } = this;
    if (count > 1) {
      // an edge, on light and dark
      context.fillStyle = "#888";
      context.fillRect(x - 1, y - 1, w * cell + GAP, h * cell + GAP);
    }
    if (inColour) {
      context.drawImage(mixedPixels(maps, 3 * i * h * w, h, w, scale), x, y, w * cell, h * cell);
      drawGrid(context, h, w, cell, x, y);
    } else drawMap(context, { values: maps, offset: i * h * w, rows: h, cols: w, cell, x, y, scale, table });
    if (labels.length) this.write(context, labels[i], x + 1, y - LABEL / 2 + 1, "left", w * cell - 2);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {[string[], string[]]} heads
   */
  drawHeads(context, [rows, columns]) {
    const {
      shape: [, h, w],
    } = this.spec;
    rows.forEach((name, i) =>
      this.write(context, name, -6, i * this.pitch[0] + (h * this.cell) / 2, "right", HEAD - 8),
    );
    columns.forEach((name, i) =>
      this.write(context, name, i * this.pitch[1] + (w * this.cell) / 2, -LABEL / 2, "center", this.pitch[1]),
    );
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} words
   * @param {number} x
   * @param {number} y
   * @param {CanvasTextAlign} align
   * @param {number} room
   */
  write(context, words, x, y, align, room) {
    context.font = "12px system-ui, sans-serif";
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillStyle = getComputedStyle(this.root).color;
    context.fillText(words, x, y, room);
  }

  drawLegends() {
    const {
      shape: [, h, w],
      scale,
      quantity,
      inColour,
    } = this.spec;
    const { maps } = this;
    /** @type {[string, Float32Array, { css: string[] }][]} */
    const legends = inColour
      ? CHANNELS.map((name, c) => [name, maps.filter((_, i) => Math.floor(i / (h * w)) % 3 === c), MIXED[c]])
      : [[quantity, maps, this.table]];
    /** @type {HTMLElement} */ (this.root.querySelector(".legends")).replaceChildren(
      ...legends.map(([name, values, table]) => {
        const legend = document.createElement("div");
        drawLegend(legend, name, range(values, 0, values.length), scale, table);
        return legend;
      }),
    );
  }

  mark() {
    const {
      shape: [count, h, w],
    } = this.spec;
    this.pen.clearRect(0, 0, this.over.width, this.over.height);
    const marked = this.spec.chosen === null ? this.cursor : this.chosen;
    if (marked === null || count < 2) return;
    frame(this.pen, ...this.corner(marked), w * this.cell, h * this.cell, 2);
  }

  /** @param {MouseEvent} event */
  at(event) {
    const {
      shape: [count, h, w],
      columns,
    } = this.spec;
    const box = this.over.getBoundingClientRect();
    const enlarged = box.width / this.over.offsetWidth || 1; // by the projector
    const x = (event.clientX - box.left) / enlarged;
    const y = (event.clientY - box.top) / enlarged;
    const across = Math.floor(x / this.pitch[1]);
    const down = Math.floor(y / this.pitch[0]);
    const map = down * columns + across;
    const col = Math.floor((x % this.pitch[1]) / this.cell);
    const row = Math.max(0, Math.floor(((y % this.pitch[0]) - this.strip) / this.cell));
    return map >= 0 && map < count && across < columns && row < h && col < w ? { map, row, col } : null;
  }

  /** @param {Spot | null} at */
  hover(at) {
    const {
      shape: [count, h, w],
    } = this.spec;
    if (!at) this.read.textContent = "";
    else {
      const place = [
        ...(count > 1 ? [this.name(at.map)] : []),
        ...(h * w > 1 ? [`row ${at.row}, column ${at.col}`] : []),
      ];
      this.read.textContent = `${place.join(", ")}: ${this.values(at)}`;
    }
  }

  /**
   * What stands at a place of a map.
   * @param {Spot} at
   */
  values({ map, row, col }) {
    const {
      shape: [, h, w],
      inColour,
    } = this.spec;
    if (!inColour) return text(this.maps[(map * h + row) * w + col], 4);
    return CHANNELS.map(
      (name, c) => `${name.toLowerCase()} ${text(this.maps[((3 * map + c) * h + row) * w + col], 4)}`,
    ).join(", ");
  }

  /** @param {number} map */
  name(map) {
    return `${this.spec.item} ${this.spec.numbers[map] ?? map}`;
  }

  /** @param {number} map */
  choose(map) {
    if (!this.spec.choosable || (map === this.chosen && this.spec.chosen !== null)) return;
    this.chosen = map;
    /** @type {TakesNumbers} */ (this.root).dataset.chosen = map;
    this.mark();
    this.tell(map);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const {
      shape: [count],
      columns,
    } = this.spec;
    const step = arrowOf(event);
    const by = step && step[0] * columns + step[1];
    const walks = this.spec.chosen === null;
    if (!this.spec.choosable || (by === undefined && !(walks && event.key === "Enter"))) return;
    event.preventDefault();
    if (event.key === "Enter") return this.choose(this.cursor ?? 0);
    /** @type {number} */
    const next = walks && this.cursor === null ? 0 : (walks ? this.cursor : (this.chosen ?? 0)) + by;
    if (next < 0 || next >= count) return;
    if (!walks) return this.choose(next);
    this.cursor = next;
    this.mark();
    const [, h, w] = this.spec.shape;
    const size = (this.spec.inColour ? 3 : 1) * h * w;
    const { min, max } = range(this.maps, next * size, size);
    const values = h * w === 1 ? text(max, 4) : `from ${text(min, 4)} to ${text(max, 4)}`;
    this.read.textContent = `${this.name(next)}: ${values}`;
  }
}

export default await mounted(import.meta.url, MapGrid);
