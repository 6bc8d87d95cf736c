// What a cell can read of the input, and where that is drawn.

import { frame } from "../shared/maps.js";
import { tilesOf } from "./drawing.js";
import { tileAt } from "./layout.js";

/**
 * What the cell under the pointer can read of the input: its first and last row and column.
 * @param {{ looked: Look, plan: { columns: PlacedColumn[] } }} map
 */
export function fieldOf({ looked, plan }) {
  const { index, slot, cell } = looked;
  const column = plan.columns[index];
  if (slot < 0 || !cell || !column.fields || !index) return null;
  const [rowFirst, rowLast, colFirst, colLast] = column.fields;
  const at = (/** @type {Numbers} */ list, /** @type {number} */ i) => list[Math.min(i, list.length - 1)];
  if (column.isUnit) return [Math.min(...rowFirst), Math.min(...colFirst), Math.max(...rowLast), Math.max(...colLast)];
  return [at(rowFirst, cell[0]), at(colFirst, cell[1]), at(rowLast, cell[0]), at(colLast, cell[1])];
}

/**
 * On the input's maps, or on a small one in the corner where they are out of sight.
 * @param {CanvasRenderingContext2D} pen
 * @param {NetworkView} map
 * @param {number[]} field
 */
export function drawFieldOfInput(pen, map, field) {
  const input = map.plan.columns[0];
  const { scrollLeft } = map.parts.scroll;
  if (input.left + input.tile[1] > scrollLeft / map.zoom) {
    for (let slot = 0; slot < input.channels.length; slot++)
      drawField(pen, field, input.size, [...tileAt(input, slot), input.tile[1], input.tile[0]], map.zoom);
    return;
  }
  const [h, w] = input.size;
  const tall = (84 * h) / Math.max(h, w);
  const wide = (84 * w) / Math.max(h, w);
  /** @type {Sides} */
  const box = [10, map.size[1] - tall - 10, wide, tall];
  pen.setTransform(map.ratio, 0, 0, map.ratio, 0, 0); // out of sight: in the corner
  pen.imageSmoothingEnabled = false;
  pen.drawImage(tilesOf(map, input)[0], ...box);
  pen.strokeStyle = "#808080";
  pen.strokeRect(...box);
  drawField(pen, field, input.size, box, 1);
}

/**
 * The field of a cell on the maps of the input; `box` is where a map of the input is drawn.
 * @param {CanvasRenderingContext2D} context @param {number[]} field @param {Place} size @param {number[]} box
 * @param {number} zoom
 */
function drawField(context, [top, left, bottom, right], [height, width], [x, y, w, h], zoom) {
  const clip = (/** @type {number} */ value, /** @type {number} */ size) => Math.max(0, Math.min(size, value));
  if (top > bottom || left > right) return; // it reads nothing
  const [a, b, c, d] = [clip(top, height), clip(bottom + 1, height), clip(left, width), clip(right + 1, width)];
  frame(
    context,
    x + (c * w) / width,
    y + (a * h) / height,
    Math.max(1, ((d - c) * w) / width),
    Math.max(1, ((b - a) * h) / height),
    1.5 / zoom,
  );
}
