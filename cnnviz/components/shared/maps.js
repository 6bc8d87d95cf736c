// Drawing of number maps, shared by the components. Numbers come in flat arrays with their shape beside them.

import { penOf } from "./dom.js";
import { fitted, level, text } from "./numbers.js";

/** @type {WeakMap<Table, Uint32Array>} */
const known = new WeakMap();

/**
 * A table's colours as whole pixels, and after them that of what is no number.
 * @param {Table} table
 */
function inksOf(table) {
  const had = known.get(table);
  if (had) return had;
  const parts = new Uint8Array(4 * 257).fill(255);
  for (let at = 0; at < 256; at++) parts.set(table.rgb.subarray(3 * at, 3 * at + 3), 4 * at);
  parts[4 * 256 + 1] = 0;
  const inks = new Uint32Array(parts.buffer);
  known.set(table, inks);
  return inks;
}

/**
 * One pixel a value, on a canvas of its own, to be enlarged without smoothing.
 * @param {Numbers} values
 * @param {number} offset
 * @param {number} rows
 * @param {number} cols
 * @param {Scale} scale
 * @param {Table} table
 */
export function pixels(values, offset, rows, cols, scale, table) {
  const canvas = document.createElement("canvas");
  canvas.width = cols;
  canvas.height = rows;
  put(penOf(canvas), values, offset, rows, cols, scale, table);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Numbers} values
 * @param {number} offset
 * @param {number} rows
 * @param {number} cols
 * @param {Scale} scale
 * @param {Table} table
 */
function put(context, values, offset, rows, cols, scale, table) {
  const image = context.createImageData(cols, rows);
  const [out, inks] = [new Uint32Array(image.data.buffer), inksOf(table)];
  for (let i = 0; i < out.length; i++) {
    const value = values[offset + i];
    out[i] = inks[Number.isFinite(value) ? level(value, scale) : inks.length - 1];
  }
  context.putImageData(image, 0, 0);
}

/** @type {CanvasRenderingContext2D | undefined} */
let sheet; // to draw on and to copy from, since a canvas costs more than what is drawn on it

/**
 * Enlarge values, one sharp square each, into a rectangle.
 * @param {CanvasRenderingContext2D} context
 * @param {Pick<MapOfNumbers, "values" | "offset" | "rows" | "cols" | "scale" | "table">} map
 * @param {Sides} rectangle left, top, width and height
 */
export function paint(context, { values, offset = 0, rows, cols, scale, table }, [x, y, width, height]) {
  sheet ??= /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  );
  if (sheet.canvas.width < cols) sheet.canvas.width = cols;
  if (sheet.canvas.height < rows) sheet.canvas.height = rows;
  put(sheet, values, offset, rows, cols, scale, table);
  context.drawImage(sheet.canvas, 0, 0, cols, rows, x, y, width, height);
}

let zoom = 0;

/**
 * How much the projector enlarges the page: read once for what is drawn together, since reading has the page laid out.
 * @param {HTMLCanvasElement} canvas
 */
function zoomOf(canvas) {
  if (!canvas.isConnected) return zoom || 1;
  if (!zoom) queueMicrotask(() => (zoom = 0));
  return (zoom ||= canvas.currentCSSZoom || 1);
}

/**
 * Give a canvas a size in CSS pixels, sharp on every screen; returns its context, scaled to CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function sized(canvas, width, height) {
  const ratio = (window.devicePixelRatio || 1) * zoomOf(canvas);
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = penOf(canvas);
  if (canvas.width === wide && canvas.height === high && context.reset) {
    context.reset(); // cheaper than a canvas anew, which older browsers need
  } else {
    canvas.width = wide;
    canvas.height = high;
  }
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

/**
 * Lines between cells of 9 pixels and more.
 * @param {CanvasRenderingContext2D} context
 * @param {number} rows
 * @param {number} cols
 * @param {number} cell
 * @param {number} x
 * @param {number} y
 */
export function drawGrid(context, rows, cols, cell, x, y) {
  if (cell < 9) return;
  context.strokeStyle = "rgba(128,128,128,.35)";
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i <= cols; i++) {
    context.moveTo(x + i * cell + 0.5, y);
    context.lineTo(x + i * cell + 0.5, y + rows * cell);
  }
  for (let i = 0; i <= rows; i++) {
    context.moveTo(x, y + i * cell + 0.5);
    context.lineTo(x + cols * cell, y + i * cell + 0.5);
  }
  context.stroke();
}

/**
 * Draw a map with square cells: sharp colours, grid lines from 9 pixels a cell, numbers from 30.
 * @param {CanvasRenderingContext2D} context
 * @param {MapOfNumbers} map
 */
export function drawMap(context, { values, offset = 0, rows, cols, cell, x = 0, y = 0, scale, table }) {
  paint(context, { values, offset, rows, cols, scale, table }, [x, y, cols * cell, rows * cell]);
  drawGrid(context, rows, cols, cell, x, y);
  if (cell >= 30) {
    const size = Math.min(20, Math.floor(cell / 3.1));
    const letters = Math.floor((cell - 2) / (0.58 * size));
    context.font = `${size}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let i = 0; i < rows * cols; i++) {
      const value = values[offset + i];
      context.fillStyle = table.ink[level(value, scale)];
      context.fillText(
        fitted(value, letters),
        x + ((i % cols) + 0.5) * cell,
        y + (Math.floor(i / cols) + 0.5) * cell,
        cell - 2,
      );
    }
  }
}

/**
 * A colour bar with marks at the true minimum and maximum, and both in words.
 * @param {HTMLElement} element
 * @param {string} what
 * @param {Span} range
 * @param {Scale} scale
 * @param {{ css: string[] }} table
 */
export function drawLegend(element, what, { min, max, note = "" }, scale, table) {
  const stops = [];
  for (let i = 0; i <= 16; i++) stops.push(table.css[Math.round((255 * i) / 16)]);
  const at = (/** @type {number} */ value) =>
    `${Math.max(0, Math.min(100, (100 * (value - scale.low)) / (scale.high - scale.low)))}%`;
  const part = (/** @type {string} */ name, content = "") => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = content;
    return span;
  };
  const inWords = (/** @type {number} */ value) => text(value, Math.abs(value) < 0.1 ? 4 : 2);
  const bar = part("legend-bar");
  bar.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  if (Number.isFinite(min)) {
    for (const value of [min, max]) {
      const mark = part("legend-mark");
      mark.style.left = at(value);
      bar.append(mark);
    }
  }
  const words = Number.isFinite(min) ? `min ${inWords(min)} · max ${inWords(max)}` : "no finite value";
  const margin = 0.001 * (scale.high - scale.low);
  if (min < scale.low - margin || max > scale.high + margin)
    note = [note, `colours end at ±${text(scale.high)}`].filter(Boolean).join(" · ");
  element.className = "legend";
  element.replaceChildren(part("legend-name", what), bar, part("legend-words", note ? `${words} · ${note}` : words));
}

/**
 * A frame that shows on any colour: a light line inside a dark one.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function frame(context, x, y, width, height, thick = 2) {
  context.lineWidth = thick + 2;
  context.strokeStyle = "#000";
  context.strokeRect(x, y, width, height);
  context.lineWidth = thick;
  context.strokeStyle = "#ffd400";
  context.strokeRect(x, y, width, height);
}
