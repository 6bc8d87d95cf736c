// The drawing of the network: frames of blocks, paths, maps, legends; and what lies over it while one looks at a map.

import { TABLES } from "../shared/colours.js";
import { frame, pixels } from "../shared/maps.js";
import { fitted, text } from "../shared/numbers.js";
import { APART, FOOT, NAME, tileAt } from "./layout.js";
import { madeOf } from "./links.js";
import { perCent } from "./words.js";

const MARK = "#ffd400";
const GREY = "rgba(128,128,128,.75)";
const WORDS = 0.45; // below this zoom there is no room for words

/** A number in as few letters as say enough below a map. */
const brief = (/** @type {number} */ value, /** @type {boolean} */ isShare) =>
  isShare ? perCent(value) : text(value, Math.abs(value) >= 10 ? 0 : Math.abs(value) >= 0.1 || !value ? 1 : 3);

/** A letter size that stays readable when the drawing gets smaller. */
const letters = (/** @type {number} */ size, /** @type {number} */ zoom) => size / Math.min(1, Math.max(zoom, 0.6));

/**
 * The colour scale of a map.
 * @param {NetworkView} net @param {PlacedColumn} column @param {number} slot
 */
export function scaleOf(net, column, slot) {
  const { scaleOf: of } = net.spec;
  const [low, high] = column.span;
  if (column.table === "pixels") return { low, high: high > low ? high : low + 1 };
  if (column.table === "counts") return { low: 0, high: 1 };
  const largest = (/** @type {number} */ a, /** @type {number} */ b) => Math.max(Math.abs(a), Math.abs(b));
  const top =
    of === "network"
      ? net.top
      : of === "map" && slot >= 0 && !column.isUnit
        ? largest(column.low[slot], column.high[slot])
        : largest(low, high);
  return symmetricAround(top);
}

/** @param {number} top */
export const symmetricAround = (top) => ({ low: -(top || 1), high: top || 1 });

/**
 * The maps of a column as small canvases, made when they are first seen.
 * @param {NetworkView} net @param {PlacedColumn} column
 */
export function tilesOf(net, column) {
  if (column.tiles) return column.tiles;
  const [h, w] = column.thumbnail;
  const size = h * w;
  const values = new Float32Array(size);
  column.tiles = column.channels.map((_, slot) => {
    const low = column.low[slot];
    const step = (column.high[slot] - low) / 254;
    const from = column.offset + slot * size;
    for (let i = 0; i < size; i++)
      values[i] = net.thumbnails[from + i] === 255 ? NaN : low + net.thumbnails[from + i] * step;
    return pixels(values, 0, h, w, scaleOf(net, column, slot), TABLES[column.table]);
  });
  return column.tiles;
}

/**
 * Everything that is in sight: `sight` is the part of the drawing that one sees, at zoom 1.
 * @param {CanvasRenderingContext2D} context @param {NetworkView} net @param {{ left: number, right: number }} sight
 * @param {number} zoom @param {Record<string, string>} colours
 */
export function drawNetwork(context, net, sight, zoom, colours) {
  const { columns, arcs, blocks } = net.plan;
  const seen = (/** @type {number} */ left, /** @type {number} */ right) =>
    right >= sight.left - 60 && left <= sight.right + 60;
  for (const box of blocks) if (seen(box.left, box.right)) drawBlock(context, box, zoom, colours);
  context.lineWidth = 1.5;
  for (const column of columns)
    for (const input of column.inputs) {
      const from = columns[input];
      if (seen(from.left, column.left))
        drawPath(
          context,
          from,
          column,
          arcs.find((arc) => arc.from === input && arc.to === column.index),
          zoom,
          colours,
        );
    }
  for (const column of columns)
    if (seen(column.left, column.left + column.wide)) drawColumn(context, net, column, zoom, colours);
}

/**
 * @param {CanvasRenderingContext2D} context @param {NetworkView["plan"]["blocks"][number]} block @param {number} zoom
 * @param {Record<string, string>} colours
 */
function drawBlock(context, { name, depth, left, top, right, bottom }, zoom, colours) {
  context.globalAlpha = 0.5;
  context.fillStyle = colours.back;
  context.strokeStyle = GREY;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, 8);
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
  if (depth === 1 && zoom < WORDS)
    label(context, name, left + 6, top + 22, Math.min(11 / zoom, 40), colours.text, right - left - 8);
}

/**
 * @param {CanvasRenderingContext2D} context @param {string} words @param {number} x @param {number} y
 * @param {number} size @param {string} colour @param {number} most
 */
function label(context, words, x, y, size, colour, most, bold = false) {
  context.font = `${bold ? "600 " : ""}${size}px system-ui, sans-serif`;
  context.fillStyle = colour;
  context.textAlign = "left";
  context.textBaseline = "middle";
  let shown = words;
  while (shown.length > 2 && context.measureText(shown).width > most)
    shown = `${shown.slice(0, shown.endsWith("…") ? -2 : -1)}…`;
  context.fillText(shown, x, y);
}

/**
 * From a layer to one that reads it: straight, into another lane, or past others along an arc.
 * @param {CanvasRenderingContext2D} context @param {PlacedColumn} from @param {PlacedColumn} to
 * @param {Arc | undefined} arc @param {number} zoom @param {Record<string, string>} colours
 */
function drawPath(context, from, to, arc, zoom, colours) {
  /** @type {Place} */
  const start = [from.left + from.wide + 3, from.middle];
  /** @type {Place} */
  const end = [to.left - (to.joins ? 28 : 8), to.middle];
  context.strokeStyle = colours.text;
  context.globalAlpha = 0.6;
  context.beginPath();
  context.moveTo(...start);
  if (arc) {
    const up = start[0] + 22;
    const down = end[0] - 10;
    context.bezierCurveTo(start[0] + 18, start[1], start[0] + 2, arc.y, up, arc.y);
    context.lineTo(down, arc.y);
    context.bezierCurveTo(down + 14, arc.y, end[0] - 12, end[1], ...end);
  } else if (start[1] === end[1]) context.lineTo(...end);
  else {
    const late = Math.max(start[0], end[0] - 34);
    context.lineTo(late, start[1]);
    context.bezierCurveTo(late + 20, start[1], end[0] - 20, end[1], ...end);
  }
  context.stroke();
  context.beginPath();
  context.moveTo(end[0] + 1, end[1]);
  context.lineTo(end[0] - 6, end[1] - 4);
  context.lineTo(end[0] - 6, end[1] + 4);
  context.fillStyle = colours.text;
  context.fill();
  context.globalAlpha = 1;
  if (arc && zoom > 0.5)
    label(
      context,
      to.joins === "+" ? "shortcut" : "passed on",
      start[0] + 30,
      arc.y - 8,
      letters(11.5, zoom),
      colours.text,
      200,
    );
}

/**
 * @param {CanvasRenderingContext2D} context @param {NetworkView} net @param {PlacedColumn} column @param {number} zoom
 * @param {Record<string, string>} colours
 */
function drawColumn(context, net, column, zoom, colours) {
  const { left, top, middle, wide, bottom } = column;
  if (column.joins) {
    context.beginPath();
    context.arc(left - 17, middle, 10, 0, 2 * Math.PI);
    context.fillStyle = colours.page;
    context.strokeStyle = colours.text;
    context.fill();
    context.stroke();
    label(
      context,
      column.joins,
      left - (column.joins === "+" ? 22 : 21.5),
      middle + 0.5,
      column.joins === "+" ? 17 : 13,
      colours.text,
      20,
      true,
    );
  }
  if (zoom >= WORDS) {
    label(context, column.title, left, top + 14, letters(12.5, zoom), colours.text, wide + APART - 2, true);
    const most = wide + APART - 6;
    const [height, width] = column.size;
    const size = letters(10.5, zoom);
    context.font = `${size}px system-ui, sans-serif`;
    const shape =
      column.isUnit || context.measureText(column.subtitle).width <= most ? column.subtitle : `${height}×${width}`;
    label(context, shape, left, top + 34, size, colours.text, most);
  }
  const tiles = tilesOf(net, column);
  const [tall, broad] = column.tile;
  context.lineWidth = 1;
  context.strokeStyle = GREY;
  tiles.forEach((tile, slot) => {
    const [x, y] = tileAt(column, slot);
    context.drawImage(tile, x, y, broad, tall);
    context.strokeRect(x - 0.5, y - 0.5, broad + 1, tall + 1);
    if (column.isUnit && zoom >= WORDS)
      label(
        context,
        unitLabel(column, slot),
        x + broad + 6,
        y + tall / 2 + 0.5,
        letters(12, zoom),
        colours.text,
        column.wide - broad + 8,
      );
  });
  if (zoom < WORDS) return;
  const more = column.total - column.channels.length;
  if (more)
    label(context, `+ ${more}`, left, column.first + column.tall + 14, letters(12, zoom), colours.text, wide + 20);
  drawFoot(context, net, column, left, bottom + 30, zoom, colours);
}

/** @param {PlacedColumn} column @param {number} slot */
const unitLabel = (column, slot) => {
  const value = column.low[slot];
  const number = column.table === "counts" ? perCent(value) : fitted(value, 5);
  return column.names.length ? `${column.names[column.channels[slot]]}  ${number}` : number;
};

/**
 * The layer's colour bar and its true ends.
 * @param {CanvasRenderingContext2D} context @param {NetworkView} net @param {PlacedColumn} column
 * @param {number} left @param {number} y @param {number} zoom @param {Record<string, string>} colours
 */
function drawFoot(context, net, column, left, y, zoom, colours) {
  const scale = scaleOf(net, column, -1);
  const [low, high] = column.span;
  const { css } = TABLES[column.table];
  // each map has ends of its own
  const isOwn = net.spec.scaleOf === "map" && column.table === "activations" && !column.isUnit;
  for (let i = 0; i < 22; i++) {
    context.fillStyle = css[Math.round((255 * i) / 21)];
    context.fillRect(left + 2 * i, y, 2.2, 6);
  }
  context.fillStyle = colours.text;
  for (const value of isOwn ? [] : [low, high])
    context.fillRect(
      left + 44 * Math.max(0, Math.min(1, (value - scale.low) / (scale.high - scale.low))) - 1,
      y - 2,
      2,
      10,
    );
  const odd = column.odd.some(Boolean)
    ? "NaN or ∞!"
    : low === 0 && high === 0
      ? "all zero"
      : isOwn
        ? "each its own"
        : `${brief(low, column.table === "counts")}…${brief(high, column.table === "counts")}`;
  label(context, odd, left, y + 19, letters(11, zoom), colours.text, column.wide + APART - 2);
}

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

/**
 * The field of a cell on the maps of the input; `box` is where a map of the input is drawn.
 * @param {CanvasRenderingContext2D} context @param {number[]} field @param {Place} size @param {number[]} box
 * @param {number} zoom
 */
export function drawField(context, [top, left, bottom, right], [height, width], [x, y, w, h], zoom) {
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
