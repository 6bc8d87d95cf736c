// Drawing of number maps, shared by the components. Numbers come in flat arrays with their shape beside them.

import { penOf } from "./dom.js";
import { fitted, level, text } from "./numbers.js";

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
  const context = penOf(canvas);
  const image = context.createImageData(cols, rows);
  for (let i = 0; i < rows * cols; i++) {
    const value = values[offset + i];
    const at = 3 * level(value, scale);
    const known = Number.isFinite(value);
    image.data[4 * i] = known ? table.rgb[at] : 255;
    image.data[4 * i + 1] = known ? table.rgb[at + 1] : 0;
    image.data[4 * i + 2] = known ? table.rgb[at + 2] : 255;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
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
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const context = penOf(canvas);
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
  context.drawImage(pixels(values, offset, rows, cols, scale, table), x, y, cols * cell, rows * cell);
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
