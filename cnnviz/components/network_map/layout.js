// Where everything stands, in pixels at zoom 1. Knows no screen.

export const TILE = 44;
export const UNIT = 18;
export const BETWEEN = 6;
export const HEAD = 50;
export const FOOT = 62;
export const APART = 32;
export const ARC = 20;
export const NAME = 92;
export const EDGE = 16;

const NONE = new Float32Array(0);

/**
 * What each column shows, with the places of its maps; `arcs` are the paths that lead past other layers.
 * @param {{ columns: Column[] }} spec
 */
export function layout(spec) {
  /** @type {PlacedColumn[]} */
  const columns = spec.columns.map((column, index) => {
    const [h, w] = column.size;
    const isUnit = h * w === 1;
    const side = isUnit ? UNIT : TILE;
    /** @type {Place} */
    const tile = [Math.max(4, (side * h) / Math.max(h, w)), Math.max(4, (side * w) / Math.max(h, w))];
    const lead = column.colour ? tile[0] + BETWEEN : 0; // the picture in its colours
    return {
      ...column,
      index,
      isUnit,
      tile,
      lead,
      tall: lead + column.channels.length * (tile[0] + BETWEEN) - BETWEEN,
      wide: Math.max(tile[1] + (isUnit ? (column.names.length ? NAME : 38) : 0), 56),
      ...{ left: 0, top: 0, middle: 0, first: 0, bottom: 0 }, // further down
      ...{ low: NONE, high: NONE, offset: 0 }, // by who has the arrays
    };
  });
  const at = (/** @type {"column" | "lane"} */ key) => Math.max(...columns.map((column) => column[key])) + 1;
  const widths = new Array(at("column")).fill(0);
  const talls = new Array(at("lane")).fill(0);
  const tracks = new Array(at("lane")).fill(0);
  for (const { column, lane, wide, tall } of columns) {
    widths[column] = Math.max(widths[column], wide);
    talls[lane] = Math.max(talls[lane], tall);
  }
  const arcs = passing(columns);
  for (const arc of arcs) tracks[arc.lane] = Math.max(tracks[arc.lane], arc.track + 1);
  const lefts = [EDGE];
  widths.forEach((width, i) => lefts.push(lefts[i] + width + APART));
  const tops = [EDGE];
  talls.forEach((tall, lane) => tops.push(tops[lane] + tracks[lane] * ARC + HEAD + tall + FOOT));
  for (const one of columns) {
    one.left = lefts[one.column];
    one.top = tops[one.lane] + tracks[one.lane] * ARC;
    one.middle = one.top + HEAD + talls[one.lane] / 2;
    one.first = one.middle - one.tall / 2 + one.lead; // where its maps begin
    one.bottom = one.top + HEAD + talls[one.lane];
  }
  for (const arc of arcs) arc.y = tops[arc.lane] + tracks[arc.lane] * ARC - (arc.track + 0.35) * ARC;
  return {
    columns,
    arcs,
    blocks: blocksOf(columns, tops),
    width: lefts[widths.length] - APART + EDGE,
    height: tops[talls.length] - 6,
  };
}

/**
 * The paths that lead past other layers, each on a track of its own above its lane.
 * @param {PlacedColumn[]} columns
 */
function passing(columns) {
  /** @type {Arc[]} */
  const arcs = [];
  for (const to of columns)
    for (const from of to.inputs.map((input) => columns[input])) {
      const isFull = (/** @type {number} */ among) =>
        columns.some(({ lane, column }) => lane === among && column > from.column && column < to.column);
      const isPast = isFull(to.lane) && (from.lane === to.lane || isFull(from.lane)); // else along its own lane
      const ends = { from: from.index, to: to.index, lane: to.lane, start: from.column, end: to.column };
      if (isPast) arcs.push({ ...ends, track: -1, y: 0 });
    }
  arcs.sort((a, b) => a.end - a.start - (b.end - b.start));
  for (const arc of arcs) {
    const others = arcs.filter(
      (other) => other.lane === arc.lane && other.track >= 0 && other.start < arc.end && arc.start < other.end,
    );
    arc.track = 0;
    while (others.some((other) => other.track === arc.track)) arc.track++;
  }
  return arcs;
}

/**
 * A frame around the layers of each block, the outer ones first.
 * @param {PlacedColumn[]} columns
 * @param {number[]} tops
 */
function blocksOf(columns, tops) {
  const blocks = new Map();
  for (const column of columns) {
    const parts = column.name.split(".");
    for (let depth = 1; depth <= parts.length - (column.joins ? 0 : 1); depth += 2) {
      const name = parts.slice(0, depth).join(".");
      const box = blocks.get(name) || {
        name: parts[depth - 1],
        depth,
        left: Infinity,
        top: Infinity,
        right: 0,
        bottom: 0,
      };
      box.left = Math.min(box.left, column.left - 14);
      box.right = Math.max(box.right, column.left + column.wide + 8);
      box.top = Math.min(box.top, tops[column.lane] - 2);
      box.bottom = Math.max(box.bottom, column.bottom + FOOT - 8);
      blocks.set(name, box);
    }
  }
  return [...blocks.values()].sort((a, b) => a.depth - b.depth);
}

/**
 * The upper left corner of a map.
 * @param {PlacedColumn} column
 * @param {number} slot
 * @returns {Place}
 */
export const tileAt = (column, slot) => [column.left, column.first + slot * (column.tile[0] + BETWEEN)];

/**
 * What is at a place: a map and its cell, or a layer's title or the word for what it does not show; null for nothing.
 * @param {{ columns: PlacedColumn[] }} options
 * @param {number} x
 * @param {number} y
 * @returns {Look | null}
 */
export function hit({ columns }, x, y) {
  for (const column of columns) {
    if (x < column.left - 4 || x > column.left + column.wide + 4) continue;
    if (y < column.top || y > column.bottom + FOOT) continue;
    const pitch = column.tile[0] + BETWEEN;
    const slot = Math.floor((y - column.first) / pitch);
    if (
      slot >= 0 &&
      slot < column.channels.length &&
      x <= column.left + (column.isUnit ? column.wide : column.tile[1])
    ) {
      const [left, top] = tileAt(column, slot);
      const within = (/** @type {number} */ value, /** @type {number} */ size) =>
        Math.max(0, Math.min(size - 1, Math.floor(value * size)));
      return {
        index: column.index,
        slot,
        cell: [within((y - top) / column.tile[0], column.size[0]), within((x - left) / column.tile[1], column.size[1])],
      };
    }
    if (y < column.top + HEAD - 4 || y > column.bottom || (column.lead && slot === -1))
      return { index: column.index, slot: -1 };
  }
  return null;
}
