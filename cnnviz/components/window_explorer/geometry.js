// Which input cells a window covers. Knows no screen.
//
// A model holds `spec` (shapes: input [C, H, W], kernel [F, C/groups, kh, kw], output [F, H', W']), the input `x`, and
// for rows and columns: `rowPlaces[row * kh + i]`, the row of the padded input under window row i when the window
// stands at output row `row`, −1 where this window has no such row; `rowSources[y]`, the input row behind row y of the
// padded input, −1 where there is none; and the two together, `tapRows[row * kh + i]`.

/**
 * The model with its taps.
 * @param {Model} model
 */
export function withTaps(model) {
  const through = (/** @type {Int32Array} */ places, /** @type {Int32Array} */ sources) =>
    places.map((/** @type {number} */ at) => (at < 0 ? -1 : sources[at]));
  model.tapRows = through(model.rowPlaces, model.rowSources);
  model.tapCols = through(model.colPlaces, model.colSources);
  return model;
}

/**
 * The first input channel that a filter reads.
 * @param {LayerSpec} spec
 * @param {number} filter
 */
export const firstChannel = (spec, filter) => Math.floor((filter * spec.groups) / spec.kernel[0]) * spec.kernel[1];

/**
 * Where window cell (i, j) lies on the padded input.
 * @param {Model} model
 * @param {number} row
 * @param {number} col
 * @param {number} i
 * @param {number} j
 * @returns {Place}
 */
export const placeOf = ({ spec, rowPlaces, colPlaces }, row, col, i, j) => [
  rowPlaces[row * spec.kernel[2] + i],
  colPlaces[col * spec.kernel[3] + j],
];

/**
 * Whether a cell of the padded input is no data.
 * @param {LayerSpec} spec
 * @param {number} y
 * @param {number} x
 */
export function isBorder(spec, y, x) {
  const [top, left] = spec.padding;
  const [, height, width] = spec.input;
  return y < top || y >= top + height || x < left || x >= left + width;
}

/**
 * Whether a cell lies even beyond the padding, where windows reach in ceil mode.
 * @param {LayerSpec} spec
 * @param {number} y
 * @param {number} x
 */
export const isBeyond = ({ bordered }, y, x) => y >= bordered[0] || x >= bordered[1];

/**
 * The output positions along rows and columns whose windows hold what `rows` and `cols` list at `y` and `x`.
 * @param {Model} model
 * @param {Int32Array} rows
 * @param {Int32Array} cols
 * @param {number} y
 * @param {number} x
 */
function holding({ spec }, rows, cols, y, x) {
  const along = (
    /** @type {Int32Array} */ list,
    /** @type {number} */ size,
    /** @type {number} */ kernel,
    /** @type {number} */ at,
  ) =>
    Array.from({ length: size }, (_, o) => o).filter((o) => list.subarray(o * kernel, (o + 1) * kernel).includes(at));
  const [, , kh, kw] = spec.kernel;
  const [, high, wide] = spec.output;
  const across = along(cols, wide, kw, x);
  return along(rows, high, kh, y).flatMap((row) => across.map((col) => /** @type {Place} */ ([row, col])));
}

/**
 * Every output position that reads an input cell, also by a copy of it in the border.
 * @param {Model} model
 * @param {number} y
 * @param {number} x
 */
export const fedBy = (model, y, x) => holding(model, model.tapRows, model.tapCols, y, x);

/**
 * Every output position whose window covers a cell of the padded input.
 * @param {Model} model
 * @param {number} y
 * @param {number} x
 */
export const covering = (model, y, x) => holding(model, model.rowPlaces, model.colPlaces, y, x);

/**
 * Every output position that reads a cell of the padded input.
 * @param {Model} model
 * @param {Place} place
 */
export function reading(model, [y, x]) {
  const [top, left] = model.spec.padding;
  return isBorder(model.spec, y, x) ? covering(model, y, x) : fedBy(model, y - top, x - left);
}

/**
 * Every cell of the padded input that one kernel cell ever multiplies.
 * @param {Model} model
 * @param {number} i
 * @param {number} j
 */
export function multipliedBy({ spec, rowPlaces, colPlaces }, i, j) {
  const [, , kh, kw] = spec.kernel;
  const [, rows, cols] = spec.output;
  const along = (
    /** @type {Int32Array} */ places,
    /** @type {number} */ size,
    /** @type {number} */ kernel,
    /** @type {number} */ k,
  ) => Array.from({ length: size }, (_, o) => places[o * kernel + k]).filter((at) => at >= 0);
  const across = along(colPlaces, cols, kw, j);
  return along(rowPlaces, rows, kh, i).flatMap((y) => across.map((x) => /** @type {Place} */ ([y, x])));
}

/**
 * After a change of the layer or its input: looks at the output cell whose window has its middle nearest to where
 * that of the cell before had it, in a part of the input's height and width. Whether it is another cell now.
 * @param {Model | undefined} former
 * @param {Model} model
 * @param {{ row: number, col: number }} state
 */
export function keepPlace(former, model, state) {
  const before = [state.row, state.col];
  const kept = before.map((at, axis) => {
    const wanted = former ? middle(former, axis, at) : NaN;
    const cells = [...Array(model.spec.output[1 + axis]).keys()];
    const far = (/** @type {number} */ cell) => Math.abs(middle(model, axis, cell) - wanted);
    const best = cells.reduce((one, other) => (far(other) < far(one) ? other : one), 0);
    return Number.isFinite(far(best)) ? best : Math.min(at, cells.length - 1);
  });
  [state.row, state.col] = kept;
  return String(kept) !== String(before);
}

/** @param {Model} model @param {number} axis @param {number} cell */
function middle({ spec, rowPlaces, colPlaces }, axis, cell) {
  const size = spec.kernel[2 + axis];
  const places = [...(axis ? colPlaces : rowPlaces).subarray(cell * size, (cell + 1) * size)].filter((at) => at >= 0);
  const centre = (Math.min(...places) + Math.max(...places) + 1) / 2;
  return (centre - spec.padding[axis]) / spec.input[1 + axis];
}
