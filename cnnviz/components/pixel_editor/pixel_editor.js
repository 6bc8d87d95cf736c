// The pixel editor: painting by mouse, pen, finger or keyboard, shown at once, told to the server after each stroke.

import { unpack } from "../shared/arrays.js";
import { arrowOf } from "../shared/keys.js";
import { frame, sized } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { range, text } from "../shared/numbers.js";
import { Said } from "../shared/said.js";
import { dot, drawPixels, drawRanges, NAMES } from "./drawing.js";
import { cellsBetween, colourOf, PixelEdits, valueOf } from "./edits.js";

const LARGEST = 400;
const PAUSE = 250;
const MOST_STROKES = 200;

class PixelEditor {
  constructor(/** @type {HTMLElement} */ root) {
    const find = (/** @type {string} */ what) => /** @type {HTMLElement} */ (root.querySelector(what));
    this.root = root;
    this.drawn = 0;
    this.said = new Said();
    this.edits = new PixelEdits();
    /** @type {string[]} */ this.strokes = []; // the edits before each of them
    /** @type {string | null} */ this.before = null; // the edits before the stroke that is being painted
    /** @type {Place} */
    this.cursor = [0, 0];
    this.base = /** @type {HTMLCanvasElement} */ (find(".base"));
    this.over = /** @type {HTMLCanvasElement} */ (find(".over"));
    this.read = find(".read");
    this.live = find("[aria-live]");
    this.grey = /** @type {HTMLInputElement} */ (find("[type=range]"));
    this.rgb = /** @type {HTMLInputElement} */ (find("[type=color]"));
    this.swatch = find(".swatch");
    this.number = find("output");
    this.grey.oninput = this.rgb.oninput = () => this.brush();
    root.onclick = (event) => this.press(/** @type {Element} */ (event.target).closest("button")?.dataset.do);
    this.listen(this.over);
  }

  fit() {
    this.draw();
  }

  close() {
    clearTimeout(this.timer);
  }

  listen(/** @type {HTMLCanvasElement} */ over) {
    over.onpointerdown = (event) => {
      if (event.button > 0) return;
      over.setPointerCapture(event.pointerId);
      over.focus({ preventScroll: true });
      event.preventDefault();
      this.keyboard = false;
      this.begin();
      this.last = this.at(event);
      this.along(this.last);
    };
    over.onpointermove = (event) => {
      if (this.painting && over.hasPointerCapture(event.pointerId)) {
        this.along(...(event.getCoalescedEvents?.() ?? []).map((part) => this.at(part)), this.at(event));
      } else this.full = false;
      this.hover(this.at(event));
    };
    over.onpointerup = over.onpointercancel = () => this.end();
    over.onpointerleave = () => this.hover(null);
    over.onkeydown = (event) => this.key(event);
    over.onfocus = () => {
      this.keyboard = over.matches(":focus-visible");
      this.mark();
    };
    over.onblur = () => {
      this.end();
      this.keyboard = false;
      this.mark();
    };
  }

  show(/** @type {any} */ data, /** @type {Tell} */ tell) {
    const { spec } = data;
    const [channels, rows, cols] = spec.shape;
    const first = !this.spec;
    const recoloured = first || this.spec.shape[0] !== channels;
    this.spec = spec;
    // a state of the same text as the last would be no news to the server, though the address may have changed since
    /** @type {(edits: string) => void} */ this.tell = (/** @type {string} */ edits) => tell("edits", edits);
    /** @type {Float32Array} */ this.values = unpack(data).base;
    if (this.said.hear(spec.edits)) {
      this.edits = new PixelEdits(spec.edits);
      this.strokes = [];
      this.before = this.before === null ? null : spec.edits;
    }
    if (first || this.cursor[0] >= rows || this.cursor[1] >= cols) this.cursor = [rows >> 1, cols >> 1];
    if (this.hovered && !this.inside(this.hovered)) this.hovered = null;
    if (recoloured) this.mix();
    this.over.setAttribute(
      "aria-label",
      `Picture of ${rows} by ${cols} pixels. ` +
        "Arrow keys move, Enter or Space paints with the brush, Delete undoes a pixel.",
    );
    this.draw();
  }

  /** A brush that stands out: white on a dark picture, black on a light one, red on a coloured one. */
  mix() {
    const [channels] = this.spec.shape;
    const mean = this.values.reduce((sum, value) => sum + value, 0) / this.values.length;
    this.grey.hidden = this.swatch.hidden = channels === 3;
    this.rgb.hidden = channels !== 3;
    /** @type {TakesNumbers} */ (this.grey).value = mean < 128 ? 255 : 0;
    this.rgb.value = "#ff0000";
    this.brush();
  }

  brush() {
    const isGrey = this.spec.shape[0] === 1;
    /** @type {string} */ this.value = isGrey ? this.grey.value : this.rgb.value.slice(1).toLowerCase();
    this.swatch.style.background = `rgb(${colourOf(this.value, 3)})`;
    this.number.textContent = isGrey ? this.value : `#${this.value}`;
  }

  /**
   * The cell under the pointer, which may lie out of the picture.
   * @returns {Place}
   */
  at(/** @type {PointerEvent} */ event) {
    const box = this.over.getBoundingClientRect();
    const [, rows, cols] = this.spec.shape;
    return [
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * cols),
    ];
  }

  inside(/** @type {Place} */ [row, col]) {
    const [, rows, cols] = this.spec.shape;
    return row >= 0 && row < rows && col >= 0 && col < cols;
  }

  original(/** @type {Place} */ [row, col]) {
    const [channels, rows, cols] = this.spec.shape;
    return Array.from({ length: channels }, (_, c) => this.values[(c * rows + row) * cols + col]);
  }

  /**
   * Its colour now, and whether that is another than the picture's own.
   * @param {Place} cell
   */
  colour(cell) {
    const own = this.original(cell);
    const edit = this.edits.at(...cell);
    const now = edit === undefined ? own : colourOf(edit, own.length);
    return { own, now, changed: now.some((value, c) => value !== own[c]) };
  }

  get painting() {
    return this.before !== null;
  }

  begin() {
    this.end();
    this.before = String(this.edits);
  }

  /**
   * Paint the way from the last cell through these.
   * @param {...Place} cells
   */
  along(...cells) {
    for (const cell of cells) {
      for (const step of cellsBetween(/** @type {Place} */ (this.last), cell)) if (this.inside(step)) this.paint(step);
      this.last = cell;
    }
    this.draw();
  }

  /**
   * The picture's own colour undoes an edit.
   * @param {Place} cell
   */
  paint(cell) {
    this.cursor = cell;
    const edit = this.edits.at(...cell);
    const { own } = this.colour(cell);
    const isOwn = valueOf(own) === this.value;
    this.full = !isOwn && edit === undefined && this.edits.values.size >= this.spec.most;
    if (isOwn) this.edits.delete(...cell);
    else if (!this.full && edit !== this.value) this.edits.set(...cell, this.value);
  }

  end(wait = 0) {
    const before = this.before;
    this.before = null;
    if (before !== null && before !== String(this.edits)) this.strokes = [...this.strokes, before].slice(-MOST_STROKES);
    clearTimeout(this.timer);
    if (wait) this.timer = setTimeout(() => this.say(), wait);
    else if (this.spec) this.say();
  }

  say() {
    const edits = String(this.edits);
    if (this.said.say(edits)) this.tell(edits);
  }

  key(/** @type {KeyboardEvent} */ event) {
    const by = arrowOf(event);
    const paints = event.key === "Enter" || event.key === " ";
    const undoes = event.key === "Delete" || event.key === "Backspace";
    if (!by && !paints && !undoes) return;
    event.preventDefault();
    event.stopPropagation();
    this.keyboard = true;
    this.full = false;
    if (by) {
      /** @type {Place} */
      const to = [this.cursor[0] + by[0], this.cursor[1] + by[1]];
      if (this.inside(to)) this.cursor = to;
      this.mark();
    } else {
      if (!this.painting) this.before = String(this.edits);
      if (paints) this.paint(this.cursor);
      else this.edits.delete(...this.cursor);
      this.end(PAUSE);
      this.draw();
    }
    this.live.textContent = this.read.textContent;
  }

  press(/** @type {string | undefined} */ what) {
    if (!what) return;
    this.begin();
    this.full = false;
    const before = String(this.edits);
    if (what === "clear") this.edits = new PixelEdits();
    else {
      this.edits = this.strokes.length ? new PixelEdits(this.strokes.pop()) : this.edits.withoutLast();
      this.before = null; // undoing is no stroke
    }
    this.end();
    this.draw();
    this.live.textContent = before === String(this.edits) ? "Nothing to undo" : this.read.textContent;
  }

  hover(/** @type {Place | null} */ cell) {
    this.hovered = cell && this.inside(cell) ? cell : null;
    this.mark();
  }

  draw() {
    const {
      root,
      spec: {
        shape: [, rows, cols],
      },
    } = this;
    this.width = root.clientWidth;
    const room = Math.min(LARGEST, this.width || LARGEST);
    const exact = room / Math.max(rows, cols);
    /** @type {number} */ this.cell = exact >= 2 ? Math.floor(exact) : exact;
    /** @type {CanvasRenderingContext2D} */ this.pen = sized(this.over, cols * this.cell, rows * this.cell);
    this.picture(sized(this.base, cols * this.cell, rows * this.cell));
    this.mark();
    /** @type {Record<string, unknown>} */ (root.dataset).edits = this.edits;
    /** @type {TakesNumbers} */ (root).dataset.drawn = ++this.drawn; // tests wait for it
  }

  /** The painted picture; counts the pixels that are other than the picture's own. */
  picture(/** @type {CanvasRenderingContext2D} */ context) {
    const {
      cell,
      spec: {
        shape: [channels, rows, cols],
      },
    } = this;
    const now = this.values.slice();
    const changed = [];
    this.outside = 0;
    for (const place of this.edits.values.keys()) {
      const at = /** @type {Place} */ (place.split(".").map(Number));
      if (!this.inside(at)) {
        this.outside++;
        continue;
      }
      const found = this.colour(at);
      if (!found.changed) continue;
      changed.push(at);
      found.now.forEach((value, c) => (now[(c * rows + at[0]) * cols + at[1]] = value));
    }
    this.changed = changed.length;
    drawPixels(context, now, this.spec.shape, cell);
    for (const [row, col] of changed) dot(context, (col + 1) * cell, row * cell, cell);
    const ranges = Array.from({ length: channels }, (_, c) => range(now, c * rows * cols, rows * cols));
    drawRanges(/** @type {HTMLElement} */ (this.root.querySelector(".legend")), ranges);
  }

  /** The frame around the cell that one is at, and what stands there. */
  mark() {
    if (!this.pen) return;
    const at = this.keyboard ? this.cursor : this.hovered;
    const { cell } = this;
    this.pen.clearRect(0, 0, this.over.width, this.over.height);
    if (at) frame(this.pen, at[1] * cell, at[0] * cell, cell, cell, cell < 9 ? 1 : 2);
    if (this.full) this.read.textContent = `At most ${this.spec.most} pixels can be changed: undo some.`;
    else this.read.textContent = at ? this.words(at) : this.count();
  }

  count() {
    const count = this.changed === 1 ? "1 pixel changed" : `${this.changed || "No"} pixels changed`;
    return this.outside ? `${count}; ${this.outside} painted outside this picture` : count;
  }

  words(/** @type {Place} */ cell) {
    const { own, now, changed } = this.colour(cell);
    const say = (/** @type {number[]} */ colour) =>
      colour.length === 1 ? text(colour[0]) : colour.map((value, c) => `${NAMES[c]} ${text(value)}`).join(", ");
    return `row ${cell[0]}, column ${cell[1]}: ${say(now)}${changed ? `; before: ${say(own)}` : ""}`;
  }
}

export default await mounted(import.meta.url, PixelEditor);
