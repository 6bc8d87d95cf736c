// What lies over the drawing of the network while one looks at a map: its links to others.

import { frame } from "../shared/maps.js";
import { FOOT, NAME, tileAt } from "./layout.js";
import { madeOf } from "./links.js";

const MARK = "#ffd400";

/**
 * What one looks at, what it is made of, and what it feeds.
 * @param {CanvasRenderingContext2D} context @param {NetworkView} net @param {Look} look @param {number} zoom
 */
export function drawLook(context, net, look, zoom) {
  const { columns } = net.plan;
  const column = columns[look.index];
  if (look.slot < 0)
    return frame(
      context,
      column.left - 5,
      column.top,
      column.wide + 12,
      column.bottom + FOOT - 6 - column.top,
      2 / zoom,
    );
  /** @returns {Sides} */
  const box = (/** @type {PlacedColumn} */ one, /** @type {number} */ slot) => [
    ...tileAt(one, slot),
    one.tile[1],
    one.tile[0],
  ];
  /** @returns {Place} */
  const side = (/** @type {PlacedColumn} */ one, /** @type {number} */ slot, /** @type {boolean} */ right) => {
    if (slot < 0) return [one.left + (right ? 40 : 0), one.first + one.tall + 14]; // among those that are not shown
    const [x, y, w, h] = box(one, slot);
    return [x + (right ? w + (one.isUnit && one.names.length ? NAME - 14 : 0) : 0), y + h / 2];
  };
  const line = (
    /** @type {Place} */ a,
    /** @type {Place} */ b,
    /** @type {number} */ width,
    /** @type {boolean} */ dashed,
  ) => {
    context.beginPath();
    context.moveTo(...a);
    context.bezierCurveTo((a[0] + b[0]) / 2, a[1], (a[0] + b[0]) / 2, b[1], ...b);
    context.setLineDash(dashed ? [5 / zoom, 4 / zoom] : []);
    context.strokeStyle = "rgba(0,0,0,.75)";
    context.lineWidth = width + 2 / zoom;
    context.stroke();
    context.strokeStyle = MARK;
    context.lineWidth = width;
    context.stroke();
    context.setLineDash([]);
  };
  for (const [index, slot, share] of net.fed[look.index][look.slot])
    line(side(column, look.slot, true), side(columns[index], slot, false), 0.8 + 4 * share, true);
  const made = madeOf(columns, look);
  for (const { column: from, slot, share } of made)
    line(side(columns[from], slot, true), side(column, look.slot, false), 1 + 8 * share, false);
  for (const { column: from, slot } of made) if (slot >= 0) frame(context, ...box(columns[from], slot), 1.5 / zoom);
  frame(context, ...box(column, look.slot), 2.5 / zoom);
}
