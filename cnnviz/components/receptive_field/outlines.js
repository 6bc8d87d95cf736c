// The two outlines on a map: what a cell can read, solid, and what it reads, dashed.

import { frame } from "../shared/maps.js";

const LINE = 4; // what a frame takes, in pixels of the screen: its light line and the dark ones beside it

/**
 * Where the lines of both fields run along one axis, in pixels of the screen. Lines run around the cells, the solid one
 * outside where both bound the same cells; at the picture's edge they move in, and beyond it they are not seen.
 * @param {[number, number] | null} theory
 * @param {[number, number] | null} measured
 * @param {number} size
 * @param {number} cell
 */
export function lines(theory, measured, size, cell) {
  const edge = size * cell;
  const half = LINE / 2;
  const along = (/** @type {[number, number]} */ field) => [field[0] * cell - half, (field[1] + 1) * cell + half];
  const can = theory && along(theory);
  const does = measured && along(measured);
  if (can && does) {
    if (Math.abs(does[0] - can[0]) < LINE) can[0] = does[0] - LINE;
    if (Math.abs(does[1] - can[1]) < LINE) can[1] = does[1] + LINE;
  }
  if (can) {
    can[0] = theory[0] < 0 ? -2 * LINE : Math.max(can[0], half);
    can[1] = theory[1] > size - 1 ? edge + 2 * LINE : Math.min(can[1], edge - half);
  }
  if (does) {
    const isNear = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b) < LINE;
    does[0] = Math.max(does[0], half);
    does[1] = Math.min(does[1], edge - half);
    if (can && isNear(does[0], can[0])) does[0] = can[0] + LINE;
    if (can && isNear(does[1], can[1])) does[1] = can[1] - LINE;
    // few and small cells at the edge: the frames grow into the picture
    if (can && does[1] - does[0] < LINE && does[0] < edge / 2) {
      does[1] = does[0] + LINE;
      can[1] = Math.max(can[1], does[1] + LINE);
    } else if (can && does[1] - does[0] < LINE) {
      does[0] = does[1] - LINE;
      can[0] = Math.min(can[0], does[0] - LINE);
    }
  }
  return { can, does };
}

/**
 * Another look than `frame`: light dashes on a dark line.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function dashedFrame(context, x, y, width, height) {
  context.lineWidth = LINE;
  context.strokeStyle = "#000";
  context.strokeRect(x, y, width, height);
  context.lineWidth = 2;
  context.strokeStyle = "#fff";
  context.setLineDash([6, 5]);
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

/**
 * Draw both fields, each `[top, left, bottom, right]` or null, on a map of `rows` × `cols`.
 * @param {CanvasRenderingContext2D} context
 * @param {{ theory: Sides | null, measured: Sides | null, rows: number, cols: number, cell: number }} outlines
 */
export function drawOutlines(context, { theory, measured, rows, cols, cell }) {
  /** @returns {[number, number] | null} */
  const part = (/** @type {Sides | null} */ field, /** @type {0 | 1} */ i) => field && [field[i], field[i + 2]];
  const down = lines(part(theory, 0), part(measured, 0), rows, cell);
  const across = lines(part(theory, 1), part(measured, 1), cols, cell);
  const inside = theory && theory[2] >= 0 && theory[3] >= 0 && theory[0] <= rows - 1 && theory[1] <= cols - 1;
  /** @returns {Sides} */
  const rect = (/** @type {number[]} */ x, /** @type {number[]} */ y) => [
    x[0],
    y[0],
    Math.max(x[1] - x[0], 1),
    Math.max(y[1] - y[0], 1),
  ];
  if (inside && across.can && down.can) frame(context, ...rect(across.can, down.can));
  if (across.does && down.does) dashedFrame(context, ...rect(across.does, down.does));
}
