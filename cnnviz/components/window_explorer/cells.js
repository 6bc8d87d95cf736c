// One window as cells, each with its value, its weight and their product; and the field in which a weight is edited.

import { make } from "../shared/dom.js";
import { sized } from "../shared/maps.js";
import { level, SIGN, text } from "../shared/numbers.js";

export const CELL_GAP = 4;

/** @typedef {[x: number, y: number, width: number, height: number]} Box */
/**
 * A number of a cell: where it stands, `font` where it is drawn on the canvas, and what it shows now.
 * @typedef {object} Part
 * @property {HTMLElement & { exact?: number }} element
 * @property {CanvasRenderingContext2D} context
 * @property {Box} rect
 * @property {string | false | undefined} font
 * @property {number} [number]
 * @property {Scale} [scale]
 * @property {Table} [table]
 * @property {string} [colour]
 * @property {string} [shown]
 * @property {string} [ink]
 */

export class ProductGrid {
  /**
   * @param {number} kh
   * @param {number} kw
   * @param {string} label
   * @param {boolean} dense
   */
  constructor(kh, kw, label, dense) {
    this.kw = kw;
    this.count = kh * kw;
    this.root = make("div", dense ? "grid dense" : "grid");
    this.cell = dense
      ? { width: kw > 8 ? 48 : 56, height: 34, top: 14 }
      : { width: kw > 3 ? 66 : 70, height: 52, top: 22 };
    const { width, height, top } = this.cell;
    this.root.style.gridTemplateColumns = `repeat(${kw}, ${width}px)`;
    this.root.style.setProperty("--cell-height", `${height}px`);
    this.root.style.setProperty("--cell-top", `${top}px`);
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "application");
    this.root.setAttribute("aria-label", `${label}. Arrow keys walk through the kernel, Enter edits a weight.`);
    const colours = make("canvas", "colours");
    colours.setAttribute("aria-hidden", "true");
    const context = sized(colours, kw * (width + CELL_GAP), kh * (height + CELL_GAP));
    this.root.append(colours);
    this.cells = Array.from({ length: this.count }, (_, i) => {
      const box = make("div", "cell");
      box.dataset.at = String(i);
      const value = make("span", "value", "0");
      const weight = make("span", "weight", "0");
      const product = make("b", "product", "0");
      box.append(value, make("span", "times", "×"), weight, product);
      // hundreds of texts: on the canvas too
      if (dense) for (const part of [value, weight, product]) part.textContent = "";
      this.root.append(box);
      const x = (i % kw) * (width + CELL_GAP);
      const y = Math.floor(i / kw) * (height + CELL_GAP);
      const half = width / 2 - 6;
      /** @returns {Part} */
      const part = (/** @type {HTMLElement} */ element, /** @type {Box} */ rect, /** @type {string} */ font) => ({
        element,
        context,
        rect,
        font: dense && font,
      });
      return {
        box,
        border: false,
        away: false,
        value: part(value, [x + 1, y + 1, half, top], "10px system-ui"),
        weight: part(weight, [x + width - half - 1, y + 1, half, top], "10px system-ui"),
        product: part(product, [x + 1, y + top + 1, width - 2, height - top - 1], "bold 12px system-ui"),
      };
    });
  }

  /**
   * Show this window's terms; `scales` holds a scale and a colour table for values, weights and products.
   * @param {Term[]} terms
   * @param {Record<string, Painted>} scales
   */
  draw(terms, scales) {
    terms.forEach((term, i) => {
      const cell = this.cells[i];
      paint(cell.value, term.value, scales.values);
      paint(cell.weight, term.weight, scales.weights);
      paint(cell.product, term.product, scales.products);
      cell.product.element.exact = term.product; // the text is rounded
      const away = term.source < 0 && !term.border;
      if (cell.border !== term.border) cell.box.classList.toggle("border", (cell.border = term.border));
      if (cell.away !== away) cell.box.classList.toggle("away", (cell.away = away));
    });
  }

  /** @param {number | undefined} at */
  mark(at) {
    if (this.marked !== undefined) this.cells[this.marked].box.classList.remove("marked");
    this.marked = at;
    if (at !== undefined) this.cells[at].box.classList.add("marked");
  }
}

/**
 * Write a number into a part of a cell and put its colour on the canvas behind: styles would cost a layout each.
 * @param {Part} part
 * @param {number} value
 * @param {Painted} painted
 */
function paint(part, value, { scale, table }) {
  if (part.number === value && part.scale === scale && part.table === table) return;
  Object.assign(part, { number: value, scale, table });
  const shown = text(value);
  const at = level(value, scale);
  const { context, rect } = part;
  if (part.font || part.colour !== table.css[at]) {
    context.fillStyle = part.colour = table.css[at];
    context.fillRect(...rect);
  }
  if (part.font) {
    context.font = part.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = table.ink[at];
    context.fillText(shown, rect[0] + rect[2] / 2, rect[1] + rect[3] / 2, rect[2]);
    return;
  }
  if (part.shown !== shown) /** @type {Text} */ (part.element.firstChild).data = part.shown = shown;
  if (part.ink !== table.ink[at]) part.element.style.color = part.ink = table.ink[at];
}

/**
 * The number that someone has typed, with a comma or a point, up to a million; NaN where it is none.
 * @param {string} typed
 */
export function readNumber(typed) {
  const plain = typed.trim().replace(",", ".").replace(SIGN, "-");
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  return Math.abs(number) <= 1e6 ? number : NaN;
}

/**
 * A field over part of `host` in which a number is edited. Enter or leaving takes it, Escape leaves it as it was.
 * @param {HTMLElement} host
 * @param {{ left: number, top: number, width: number, height: number }} box
 * @param {number} value
 * @param {string} label
 * @param {(number: number) => void} take
 */
export function editNumber(host, { left, top, width, height }, value, label, take) {
  const field = make("input", "edit");
  field.type = "text";
  field.inputMode = "decimal";
  field.value = String(Number(value.toPrecision(6)));
  field.setAttribute("aria-label", label);
  Object.assign(field.style, {
    left: `${left}px`,
    top: `${top}px`,
    width: `${Math.max(width, 58)}px`,
    height: `${Math.max(height, 30)}px`,
  });
  let open = true;
  const close = (/** @type {boolean} */ taken) => {
    if (!open) return;
    const number = readNumber(field.value);
    const good = !Number.isNaN(number);
    if (taken && !good && document.hasFocus()) {
      field.setAttribute("aria-invalid", "true");
      field.title = "A number between −1,000,000 and 1,000,000";
      return;
    }
    open = false;
    field.remove();
    if (taken && good && number !== Number(value.toPrecision(6))) take(number);
  };
  field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") close(true);
    if (event.key === "Escape") close(false);
    if (!open) /** @type {HTMLElement} */ (host.querySelector(".over, [data-role=bias]") || host).focus();
    const step = /** @type {Record<string, number>} */ ({ ArrowUp: 0.1, ArrowDown: -0.1 })[event.key];
    if (step && !Number.isNaN(readNumber(field.value))) {
      event.preventDefault();
      field.value = String(Number((readNumber(field.value) + step).toFixed(6)));
    }
  };
  field.onblur = () => {
    close(true);
    if (open) close(false);
  };
  host.append(field);
  field.focus();
  field.select();
}
