// Pictures, one pixel a value, on a canvas of their own, to be enlarged without smoothing.

import { penOf } from "./dom.js";

/**
 * `rows` × `cols` values from 0 to `white` for each of one channel, grey, or three, red, green and blue.
 * @param {Numbers} values
 * @param {[number, number, number]} shape channels, rows and columns
 * @param {number} [start] where the values begin
 * @param {number} [white] the value of white
 */
export function pictureOf(values, [channels, rows, cols], start = 0, white = 255) {
  const canvas = document.createElement("canvas");
  const count = rows * cols;
  canvas.width = cols;
  canvas.height = rows;
  const pen = penOf(canvas);
  const image = pen.createImageData(cols, rows);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++)
      image.data[4 * i + c] = (255 / white) * values[start + (channels === 3 ? c : 0) * count + i];
    image.data[4 * i + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}
