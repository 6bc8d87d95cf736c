// Parts that the three levels share: input maps, output maps, the curve of the activation.

import { make } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { cellSize, hatch, MapBox } from "../shared/map_box.js";
import { paint, sized } from "../shared/maps.js";
import { range } from "../shared/numbers.js";
import { placeOf } from "./geometry.js";

export const OF = {
  // how large a map may be, by how many of them stand side by side
  input: (/** @type {number} */ count) => (count === 1 ? 400 : count <= 4 ? 220 : 130),
  output: (/** @type {number} */ count) => (count === 1 ? 400 : count <= 4 ? 230 : count <= 12 ? 160 : 120),
};

/**
 * @param {Scale} scale
 * @param {string} name
 */
export const tableOf = (scale, name) => ({ scale, table: TABLES[name] });
/** @param {number} top */
export const symmetric = (top) => ({ low: -(top || 1), high: top || 1 });

/** @param {Numbers} values */
export function most(values) {
  let top = 0;
  for (const value of values) if (Math.abs(value) > top && Number.isFinite(value)) top = Math.abs(value);
  return top;
}

/**
 * A filter's own scales, symmetric about 0: its weights, its maps, and the products there can be.
 * @param {Model} model
 * @param {number} filter
 */
export function filterScales(model, filter) {
  const { spec, x, kernels, z, a } = model;
  model.most ??= most(x);
  const part = (/** @type {Float32Array} */ values) =>
    values.subarray((filter * values.length) / spec.kernel[0], ((filter + 1) * values.length) / spec.kernel[0]);
  const weights = most(part(kernels));
  return {
    weights: tableOf(symmetric(weights), "weights"),
    products: tableOf(symmetric(model.most * weights), "activations"),
    z: tableOf(symmetric(most(part(z))), "activations"),
    a: tableOf(symmetric(most(part(a))), "activations"),
  };
}

/** The map of one input channel: data as colours, the border hatched around them. */
export class InputMap extends MapBox {
  /**
   * @param {Model} model
   * @param {number} channel
   */
  constructor(model, channel) {
    const { spec } = model;
    super(
      `Input, ${spec.channels[channel]}: ${spec.input[1]} by ${spec.input[2]} values. ` +
        "Arrow keys show which outputs a cell feeds.",
      `Input · ${spec.channels[channel]}`,
    );
    this.channel = channel;
    this.hasGhosts = false;
    this.shown = ""; // what is drawn, and of which values
    /** @type {Float32Array | null} */
    this.values = null;
  }

  /**
   * @param {Model} model
   * @param {number} width
   * @param {number} height
   * @param {string} background
   */
  show(model, width, height, background) {
    const { spec, x, rowSources, colSources } = model;
    const shown = JSON.stringify([
      [width, height, background],
      [spec.input, spec.padding, spec.padded, spec.bordered, spec.paddingMode],
    ]);
    if (this.values === x && this.shown === shown) return;
    Object.assign(this, { values: x, shown });
    const [, high, wide] = spec.input;
    const [rows, cols] = spec.padded;
    const values = new Float32Array(rows * cols);
    const from = this.channel * high * wide;
    for (let y = 0; y < rows; y++)
      for (let col = 0; col < cols; col++)
        if (rowSources[y] >= 0 && colSources[col] >= 0)
          values[y * cols + col] = x[from + rowSources[y] * wide + colSources[col]];
    const scale = spec.scale;
    const cell = cellSize(width, height, rows, cols);
    const context = this.draw({
      values,
      rows,
      cols,
      cell,
      scale,
      table: TABLES[scale.table],
      what: "Input",
      shown: range(x, from, high * wide),
    });
    this.markBorder(context, spec, background);
  }

  /**
   * The border is no data: hatched, blank where it is zero, faded where it copies the input, with a line around the
   * image.
   * @param {CanvasRenderingContext2D} context
   * @param {LayerSpec} spec
   * @param {string} background
   */
  markBorder(context, spec, background) {
    const { cell } = this;
    const [top, left] = spec.padding;
    const [, height, width] = spec.input;
    const [rows, cols] = spec.padded;
    if (rows === height && cols === width) return;
    const [high, wide] = spec.bordered;
    /** @type {[x: number, y: number, width: number, height: number, beyond?: boolean][]} */
    const bands = [
      [0, 0, wide, top],
      [0, top + height, wide, high - top - height],
      [0, top, left, height],
      [left + width, top, wide - left - width, height],
      [0, high, cols, rows - high, true],
      [wide, 0, cols - wide, high, true],
    ];
    for (const [x, y, w, h, beyond] of bands) {
      context.globalAlpha = spec.paddingMode === "zeros" ? 1 : 0.45;
      context.fillStyle = background;
      context.fillRect(x * cell, y * cell, w * cell, h * cell);
      context.globalAlpha = 1;
      if (!beyond) hatch(context, x * cell, y * cell, w * cell, h * cell);
    }
    context.lineWidth = 1;
    context.strokeStyle = "rgba(128,128,128,1)";
    context.strokeRect(left * cell + 0.5, top * cell + 0.5, width * cell - 1, height * cell - 1);
  }

  /**
   * Where the windows beside this one stand, so that the stride is a distance that one sees.
   * @param {Model} model
   * @param {number} row
   * @param {number} col
   */
  ghosts({ spec, rowPlaces, colPlaces }, row, col) {
    if (spec.transposed) return;
    const [, , kh, kw] = spec.kernel;
    const along = (/** @type {Int32Array} */ places, /** @type {number} */ at, /** @type {number} */ k) => {
      const there = places.subarray(at * k, (at + 1) * k).filter((place) => place >= 0);
      return there.length ? [there[0], there[there.length - 1] - there[0] + 1] : null;
    };
    for (const [down, right] of [
      [-1, 0],
      [0, -1],
      [1, 0],
      [0, 1],
    ]) {
      const [y, x] = [row + down, col + right];
      if (y < 0 || x < 0 || y >= spec.output[1] || x >= spec.output[2]) continue;
      const [rows, cols] = [along(rowPlaces, y, kh), along(colPlaces, x, kw)];
      if (rows && cols) this.ghost(rows[0], cols[0], rows[1], cols[1]);
    }
  }

  /**
   * The window of an output cell, or the input cell that one looks at.
   * @param {Model} model
   * @param {Looking} looking
   * @param {Term[]} [terms] of a window that paints
   */
  frameWindow(model, { row, col, source }, terms) {
    this.clear();
    if (source) return this.frame(...source);
    if (this.hasGhosts) this.ghosts(model, row, col);
    const { spec, rowPlaces, colPlaces } = model;
    const [, , kh, kw] = spec.kernel;
    if (spec.transposed) {
      const [, height, width] = spec.input;
      for (const term of /** @type {Term[]} */ (terms))
        if (term.source >= 0 && Math.floor(term.source / (height * width)) === this.channel)
          this.frame(Math.floor(term.source / width) % height, term.source % width, 1, 1, 1);
    } else if (Math.max(...spec.dilation) === 1) {
      const [y, x] = placeOf(model, row, col, 0, 0);
      const covered = (/** @type {Int32Array} */ places, /** @type {number} */ at, /** @type {number} */ k) =>
        places.subarray(at * k, (at + 1) * k).filter((place) => place >= 0).length;
      this.frame(y, x, covered(rowPlaces, row, kh), covered(colPlaces, col, kw), 3);
    } else
      for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) this.frame(...placeOf(model, row, col, i, j), 1, 1, 1);
  }
}

/** One filter's output, after the activation, or one channel's part of it. */
export class OutputMap extends MapBox {
  /**
   * @param {Model} model
   * @param {string} label
   * @param {string} [caption]
   */
  constructor(model, label, caption) {
    super("", caption);
    this.label = label;
    this.tellSize(model);
    this.value = make("div", "adds"); // what it adds to a sum, in words: for those that show it
  }

  /** @param {Model} model */
  tellSize({ spec: { output } }) {
    this.over.setAttribute(
      "aria-label",
      `${this.label}: ${output[1]} by ${output[2]} values. ` +
        "Arrow keys move the window, Home and End go to the ends of the row, Enter goes deeper.",
    );
  }

  /**
   * @param {Model} model
   * @param {Numbers} values
   * @param {number} offset
   * @param {Painted} painted
   * @param {number} width
   * @param {number} height
   * @param {string} what
   */
  show(model, values, offset, { scale, table }, width, height, what) {
    const [, rows, cols] = model.spec.output;
    this.tellSize(model);
    this.draw({ values, offset, rows, cols, cell: cellSize(width, height, rows, cols), scale, table, what });
  }

  /**
   * The output cell, or all that an input cell feeds.
   * @param {Looking} looking
   * @param {Place[]} fed
   */
  frameCells({ row, col, source }, fed) {
    this.clear();
    if (source) fed.length > 60 ? this.tint(fed) : fed.forEach((cell) => this.frame(...cell, 1, 1, 1));
    else this.frame(row, col);
  }
}

/**
 * The kernels of a filter side by side, small; only the first few where there are many.
 * @param {HTMLCanvasElement} canvas
 * @param {Model} model
 * @param {number} filter
 * @param {FilterScales} scales
 * @param {number} side
 */
export function drawKernels(canvas, model, filter, scales, side, limit = 8) {
  const [, channels, kh, kw] = model.spec.kernel;
  const few = Math.min(channels, limit);
  const small = Math.max(2, Math.floor(side / Math.max(kh, kw)));
  const context = sized(canvas, few * (kw * small + 3) - 3, kh * small);
  for (let c = 0; c < few; c++)
    paint(
      context,
      { values: model.kernels, offset: (filter * channels + c) * kh * kw, rows: kh, cols: kw, ...scales.weights },
      [c * (kw * small + 3), 0, kw * small, kh * small],
    );
}

/** A small map of a window: what the loss would change of its input cells or its weights. */
export class GradientMap extends MapBox {
  /**
   * @param {string} of
   * @param {string} label
   * @param {string} caption
   * @param {number} kh
   * @param {number} kw
   */
  constructor(of, label, caption, kh, kw) {
    super(`${label}: ${kh} by ${kw} values`, caption);
    this.figure.dataset.gradient = of;
  }

  /**
   * NaN: no input there.
   * @param {number[]} exact
   * @param {Scale} scale
   * @param {number} kh
   * @param {number} kw
   * @param {string} background
   */
  show(exact, scale, kh, kw, background) {
    const there = exact.filter((value) => !Number.isNaN(value));
    const context = this.draw({
      values: exact,
      rows: kh,
      cols: kw,
      cell: Math.max(10, cellSize(144, 144, kh, kw, 46)),
      scale,
      table: TABLES.activations,
      shown: {
        ...range(there, 0, there.length),
        note: there.length < exact.length ? "no input under the hatched cells" : "",
      },
    });
    exact.forEach((value, i) => Number.isNaN(value) && this.blank(context, Math.floor(i / kw), i % kw, background));
    Object.assign(this.figure, { exact }); // for tests
  }
}

/**
 * A map as small as a stamp.
 * @param {HTMLCanvasElement} canvas
 * @param {Numbers} values
 * @param {number} offset
 * @param {number} rows
 * @param {number} cols
 * @param {Painted} painted
 */
export function drawSmall(canvas, values, offset, rows, cols, { scale, table }) {
  const cell = Math.max(1, Math.floor(84 / Math.max(rows, cols)));
  const size = [cols * cell, rows * cell];
  paint(sized(canvas, size[0], size[1]), { values, offset, rows, cols, scale, table }, [0, 0, size[0], size[1]]);
}
