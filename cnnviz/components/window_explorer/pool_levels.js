// The two levels of pooling: all channels with what each pooling makes of them, and one window.

import { make } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { cellSize, MapBox } from "../shared/map_box.js";
import { range, text } from "../shared/numbers.js";
import { windowGradients } from "./arithmetic.js";
import { isBorder, placeOf } from "./geometry.js";
import { everythingButton, nameButton, WIDE } from "./levels.js";
import { listen } from "./listen.js";
import { GradientMap, InputMap, most, OutputMap, symmetric, tableOf } from "./parts.js";
import { brief } from "./pool_words.js";
import { inputGradients } from "./pooling.js";

/** @typedef {HTMLElement & { exact?: unknown }} Exact for tests */

/**
 * The input's own scale, so that what is pooled looks like it; wider where another divisor makes it larger.
 * @param {Model} model
 * @param {number} which
 */
export function poolScale({ spec, maps }, which) {
  const { low, high, table } = spec.scale;
  const top = Math.max(...maps[which].map(({ values }) => most(values)));
  return tableOf(top > high ? { low: low < 0 ? -top : low, high: top } : { low, high }, table);
}

/** A row for each channel: the input, and the map that each pooling makes of it. */
export class PoolOverview {
  /**
   * @param {PoolingView} explorer
   * @param {HTMLElement} stage
   */
  constructor(explorer, stage) {
    const { model } = explorer;
    const { spec } = model;
    this.explorer = explorer;
    const wide = explorer.width >= WIDE;
    const shown = explorer.state.everything ? spec.input[0] : Math.min(spec.input[0], wide ? 8 : 3);
    this.rows = Array.from({ length: shown }, (_, channel) => {
      const input = new InputMap(model, channel);
      const outputs = spec.kinds.map((kind) => {
        const label = spec.input[0] > 1 ? `${kind} · ${spec.channels[channel]}` : kind;
        const map = new OutputMap(model, label);
        map.caption.append(nameButton(channel, label));
        map.figure.classList.add("card");
        listen(explorer, map, "output", { filter: channel });
        return map;
      });
      listen(explorer, input, "input", { channel });
      stage.append(input.figure, ...outputs.map((map) => map.figure));
      return { input, outputs, channel };
    });
    if (shown < spec.input[0]) stage.append(everythingButton(`Show all ${spec.input[0]} channels`));
  }

  /**
   * @param {number} space
   * @param {string} background
   */
  draw(space, background) {
    const { model } = this.explorer;
    const { spec } = model;
    const wide = space >= WIDE;
    const across = spec.pools.length;
    const tall = this.rows.length === 1 ? 400 : this.rows.length <= 3 ? 240 : 170;
    const side = Math.min(tall, wide ? (space - 70 * across) / (1 + across) : space / across - 34);
    for (const { input, outputs, channel } of this.rows) {
      input.show(model, wide ? side : Math.min(tall, space - 4), tall, background);
      outputs.forEach((map, which) =>
        map.show(model, model.maps[which][channel].values, 0, this.explorer.scales(which), side, side, ""),
      );
    }
  }

  /**
   * A channel is pooled by itself: the others show nothing.
   * @param {State} state
   * @param {{ pools: Pooled[] }} found
   * @param {Place[]} fed
   */
  move(state, found, fed) {
    for (const { input, outputs, channel } of this.rows)
      if (channel === state.filter) {
        input.frameWindow(this.explorer.model, state);
        for (const map of outputs) map.frameCells(state, fed);
      } else for (const map of [input, ...outputs]) map.clear();
  }
}

/** One window: its values, what each pooling makes of them, and what that says about every input cell. */
export class PoolWindow {
  /**
   * @param {PoolingView} explorer
   * @param {HTMLElement} stage
   */
  constructor(explorer, stage) {
    const { model, state } = explorer;
    const { spec } = model;
    const [, , kh, kw] = spec.kernel;
    this.explorer = explorer;
    this.input = new InputMap(model, state.filter);
    this.input.hasGhosts = true;
    listen(explorer, this.input, "input", { channel: state.filter });
    stage.append(this.input.figure);
    this.rows = spec.kinds.map((kind, which) => {
      const take = spec.pools[which];
      const panel = make("div", "panel");
      const values = new MapBox(
        `Window of ${kind}: ${kh} by ${kw} values. Arrow keys walk through it.`,
        `Window · ${kind}`,
      );
      const output = new OutputMap(model, `Output of ${kind}`, kind);
      const whole = new MapBox(`${kind}: what each input cell has to do with the output`);
      values.figure.dataset.window = take;
      output.figure.classList.add("output");
      whole.figure.dataset.whole = take;
      listen(explorer, values, "window", { c: 0 });
      listen(explorer, output, "output", { filter: state.filter });
      listen(explorer, whole, "data", {});
      panel.append(values.figure);
      const gradient = state.backward
        ? new GradientMap(take, `Gradient of the input cells of the window, ${kind}`, "∂L/∂input", kh, kw)
        : null;
      if (gradient) panel.append(gradient.figure);
      stage.append(panel, output.figure, whole.figure);
      return { which, take, values, gradient, output, whole };
    });
    this.gradients = this.rows.map((row) => row.gradient).filter(Boolean);
  }

  /**
   * @param {number} space
   * @param {string} background
   */
  draw(space, background) {
    const { model, state } = this.explorer;
    const { spec } = model;
    const [, , kh, kw] = spec.kernel;
    const wide = space >= WIDE;
    const scale = tableOf(spec.scale, spec.scale.table);
    const room = wide ? space * 0.29 : Math.min(360, space - 4);
    this.input.show(model, room, wide ? 360 : 400, background);
    const panel = wide ? Math.min(200, space * 0.19) : Math.min(150, space * 0.38);
    const side = wide
      ? Math.min(this.rows.length > 1 ? 200 : 300, (space - room - panel - 90) / 2)
      : Math.min(220, space - panel - 24);
    const blank = new Float32Array(kh * kw).fill(spec.scale.low);
    const data = range(model.x, state.filter * spec.input[1] * spec.input[2], spec.input[1] * spec.input[2]);
    for (const { which, values, output } of this.rows) {
      values.draw({
        values: blank,
        rows: kh,
        cols: kw,
        cell: cellSize(panel, panel, kh, kw, 90),
        ...scale,
        what: "Input",
        shown: data,
      });
      output.show(model, model.maps[which][state.filter].values, 0, this.explorer.scales(which), side, side, "");
    }
    /** @type {number} */
    this.side = side;
    this.drawWhole(state.gradient);
  }

  /**
   * For every input cell how often it wins or how much it counts; looking backward, its gradient from all output cells.
   * @param {number} g
   */
  drawWhole(g) {
    const { model, state } = this.explorer;
    const { spec } = model;
    const [, height, width] = spec.input;
    this.drawnGradient = g;
    for (const { which, take, whole } of this.rows) {
      const counts = inputGradients(model, which, state.filter);
      const values = state.backward ? counts.map((n) => n * g) : counts;
      const isSigned = state.backward || range(values, 0, values.length).min < 0; // a divisor may be negative
      const scale = isSigned ? symmetric(most(values)) : { low: 0, high: most(values) || 1 };
      whole.caption.textContent = state.backward
        ? `∂L/∂input, ${brief(g)} at every output cell`
        : spec.isUntold
          ? "What each input cell has to do with the output"
          : take === "max"
            ? "How often each input cell wins"
            : "How much each input cell counts";
      whole.draw({
        values,
        rows: height,
        cols: width,
        cell: cellSize(this.side, this.side, height, width),
        scale,
        table: TABLES[isSigned ? "activations" : "counts"],
      });
      /** @type {Exact} */ (whole.figure).exact = values;
    }
  }

  /**
   * @param {State} state
   * @param {{ pools: Pooled[] }} found
   * @param {Place[]} fed
   */
  move(state, found, fed) {
    const { model, colours } = this.explorer;
    const { spec } = model;
    const [, height, width] = spec.input;
    const [, , , kw] = spec.kernel;
    this.input.frameWindow(model, state);
    if (state.gradient !== this.drawnGradient) this.drawWhole(state.gradient);
    const rowOf = (/** @type {number} */ source) => Math.floor(source / width) % height;
    this.rows.forEach(({ which, values, gradient, output, whole }) => {
      const of = found.pools[which];
      output.frameCells(state, fed);
      whole.clear();
      this.paintWindow(values, of, colours.back);
      if (state.source) {
        if (!isBorder(spec, ...state.source))
          whole.frame(state.source[0] - spec.padding[0], state.source[1] - spec.padding[1]);
        return;
      }
      for (const { source, won } of of.terms)
        if (won)
          (whole.frame(rowOf(source), source % width),
            this.input.frame(rowOf(source) + spec.padding[0], (source % width) + spec.padding[1]));
      gradient?.show(
        windowGradients(of, state.gradient).inputs,
        symmetric(Math.abs(state.gradient)),
        spec.kernel[2],
        kw,
        colours.back,
      );
    });
    if (state.cell && !state.source) {
      const [, i, j] = state.cell;
      const [y, x] = placeOf(model, state.row, state.col, i, j);
      for (const { values } of this.rows) values.frame(i, j);
      if (y >= 0 && x >= 0) this.input.frame(y, x, 1, 1, 3);
    }
  }

  /**
   * @param {MapBox} map
   * @param {Pooled} pooled
   * @param {string} background
   */
  paintWindow(map, { terms }, background) {
    const { cols } = map;
    const context = map.repaint(terms.map((term) => (term.source >= 0 ? term.value : 0)));
    map.clear();
    terms.forEach((term, i) => {
      const row = Math.floor(i / cols);
      const col = i % cols;
      if (term.source < 0)
        map.blank(context, row, col, background, term.counts ? text(term.value) : "", !term.absent && !term.beyond);
      if (term.won) map.frame(row, col, 1, 1, 3);
    });
    /** @type {Exact} */ (map.figure).exact = terms.map((term) => (term.source >= 0 ? term.value : null));
  }
}
