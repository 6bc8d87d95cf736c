// The picture large: sharp pixels, lines between them, numbers where there is room, and its range in words.

import { TABLES } from "../shared/colours.js";
import { drawLegend } from "../shared/maps.js";
import { text } from "../shared/numbers.js";
import { pictureOf } from "../shared/pixels.js";

export const NAMES = ["red", "green", "blue"];

/**
 * Draw `(channels, rows, cols)` values from 0 to 255 in grey or RGB.
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} values
 * @param {[number, number, number]} shape
 * @param {number} cell
 */
export function drawPixels(context, values, shape, cell) {
  const [channels, rows, cols] = shape;
  context.drawImage(pictureOf(values, shape), 0, 0, cols * cell, rows * cell);
  if (cell >= 5) drawLines(context, rows, cols, cell);
  if (channels === 1 && cell >= 30) drawNumbers(context, values, rows, cols, cell);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} rows
 * @param {number} cols
 * @param {number} cell
 */
function drawLines(context, rows, cols, cell) {
  context.strokeStyle = `rgba(128,128,128,${cell < 9 ? 0.35 : 0.5})`;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 1; i < cols; i++) {
    context.moveTo(i * cell + 0.5, 0);
    context.lineTo(i * cell + 0.5, rows * cell);
  }
  for (let i = 1; i < rows; i++) {
    context.moveTo(0, i * cell + 0.5);
    context.lineTo(cols * cell, i * cell + 0.5);
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} values
 * @param {number} rows
 * @param {number} cols
 * @param {number} cell
 */
function drawNumbers(context, values, rows, cols, cell) {
  context.font = `${Math.min(20, Math.floor(cell / 2.3))}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < rows * cols; i++) {
    context.fillStyle = TABLES.pixels.ink[values[i]];
    context.fillText(text(values[i]), ((i % cols) + 0.5) * cell, (Math.floor(i / cols) + 0.5) * cell, cell - 2);
  }
}

/**
 * The legend: a bar for grey, for RGB the range of each colour in words.
 * @param {HTMLElement} legend
 * @param {Span[]} ranges
 */
export function drawRanges(legend, ranges) {
  if (ranges.length === 1) return drawLegend(legend, "Grey", ranges[0], { low: 0, high: 255 }, TABLES.pixels);
  const words = document.createElement("span");
  words.className = "legend-words";
  words.textContent = ranges.map(({ min, max }, c) => `${NAMES[c]} ${text(min)} to ${text(max)}`).join(" · ");
  legend.className = "legend";
  legend.replaceChildren(words);
}

/**
 * A small mark in the top right corner of a cell, which shows on any colour.
 * @param {CanvasRenderingContext2D} context
 * @param {number} right
 * @param {number} top
 * @param {number} cell
 */
export function dot(context, right, top, cell) {
  const radius = Math.max(1, Math.min(4, cell * 0.17));
  /** @type {Place} */
  const middle = [right - radius - Math.min(2, cell / 8), top + radius + Math.min(2, cell / 8)];
  context.beginPath();
  context.arc(...middle, radius, 0, 2 * Math.PI);
  context.fillStyle = "#ffd400";
  context.strokeStyle = "#000";
  context.lineWidth = cell < 9 ? 0.75 : 1.25;
  context.fill();
  context.stroke();
}
