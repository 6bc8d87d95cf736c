// The drawing of the network: frames of blocks, paths, maps, legends.

import { TABLES } from "../shared/colours.js";
import { penOf } from "../shared/dom.js";
import { pixels } from "../shared/maps.js";
import { fitted, text } from "../shared/numbers.js";
import { APART, tileAt } from "./layout.js";
import { perCent } from "./words.js";

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
 * The picture whose red, green and blue the maps of a column are.
 * @param {NetworkView} net @param {PlacedColumn} column @param {[number[], number[]]} colour
 */
function wholeOf(net, column, [means, deviations]) {
  if (column.whole) return column.whole;
  const [h, w] = column.thumbnail;
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
  const image = new ImageData(w, h);
  for (let slot = 0; slot < 3; slot++) {
    const step = (column.high[slot] - column.low[slot]) / 254;
    for (let i = 0; i < h * w; i++) {
      const value = column.low[slot] + net.thumbnails[column.offset + slot * h * w + i] * step;
      image.data[4 * i + slot] = 255 * (value * deviations[slot] + means[slot]);
      image.data[4 * i + 3] = 255;
    }
  }
  penOf(canvas).putImageData(image, 0, 0);
  return (column.whole = canvas);
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
  const isNumber = !/[a-z]/i.test(words);
  if (isNumber && context.measureText(words).width > most)
    context.font = `${(size * most) / context.measureText(words).width}px system-ui, sans-serif`;
  let shown = words;
  while (!isNumber && shown.length > 2 && context.measureText(shown).width > most)
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
  if (column.colour)
    context.drawImage(wholeOf(net, column, column.colour), left, column.first - column.lead, broad, tall);
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
  if (more) drawMore(context, `+ ${more}`, left, column.first + column.tall + 14, zoom, colours);
  drawFoot(context, net, column, left, bottom + 30, zoom, colours);
}

/**
 * A button that leads to all maps of a layer.
 * @param {CanvasRenderingContext2D} context @param {string} words
 * @param {number} left @param {number} y @param {number} zoom @param {Record<string, string>} colours
 */
function drawMore(context, words, left, y, zoom, colours) {
  const size = letters(12, zoom);
  context.font = `${size}px system-ui, sans-serif`;
  context.beginPath();
  context.roundRect(left - 0.5, y - 0.7 * size, context.measureText(words).width + size, 1.4 * size, 4);
  context.fillStyle = colours.back;
  context.fill();
  context.stroke();
  label(context, words, left + size / 2, y, size, colours.text, Infinity);
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
