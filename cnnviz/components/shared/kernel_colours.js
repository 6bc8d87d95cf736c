// The kernels of a layer that reads an image in colour, as pictures in colour.

import { penOf } from "./dom.js";
import { level } from "./numbers.js";

/** The colours of one channel's weights where those of the others are 0: what a picture is mixed from. */
export const MIXED = [0, 1, 2].map((channel) => ({
  css: Array.from({ length: 256 }, (_, i) => `rgb(${[0, 1, 2].map((c) => (c === channel ? i : 128)).join()})`),
}));
export const CHANNELS = ["Red", "Green", "Blue"];

/**
 * The colour of three weights, which lie `size` values apart: mid grey where all are 0.
 * @param {Numbers} values
 * @param {number} at
 * @param {number} size
 * @param {Scale} scale
 */
export function mixed(values, at, size, scale) {
  const three = [values[at], values[at + size], values[at + 2 * size]];
  return three.every(Number.isFinite) ? three.map((value) => level(value, scale)) : [255, 0, 255];
}

/**
 * A kernel of three channels on a canvas of its own, one pixel a place.
 * @param {Numbers} values
 * @param {number} offset
 * @param {number} rows
 * @param {number} cols
 * @param {Scale} scale
 */
export function mixedPixels(values, offset, rows, cols, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = cols;
  canvas.height = rows;
  const context = penOf(canvas);
  const image = context.createImageData(cols, rows);
  for (let i = 0; i < rows * cols; i++) image.data.set([...mixed(values, offset + i, rows * cols, scale), 255], 4 * i);
  context.putImageData(image, 0, 0);
  return canvas;
}
