// The deepest level of a convolution: one window.

import { make } from "../shared/dom.js";
import { Curve } from "../shared/curve.js";
import { arrowOf } from "../shared/keys.js";
import { drawLegend } from "../shared/maps.js";
import { range } from "../shared/numbers.js";
import { paintedTerms, windowGradients } from "./arithmetic.js";
import { CELL_GAP, ProductGrid } from "./cells.js";
import { firstChannel, multipliedBy } from "./geometry.js";
import { WIDE } from "./levels.js";
import { listen } from "./listen.js";
import { GradientMap, InputMap, most, OF, OutputMap, symmetric, tableOf } from "./parts.js";
import { isAlone } from "./words.js";

/** One window: every value, weight and product; with the gradients where they are asked for. */
export class WindowLevel {
  /**
   * @param {ConvolutionView} explorer
   * @param {HTMLElement} stage
   */
  constructor(explorer, stage) {
    const { model, state } = explorer;
    const { spec } = model;
    const [, channels, kh, kw] = spec.kernel;
    const first = firstChannel(spec, state.filter);
    const dense = kh * kw * channels > 100;
    this.explorer = explorer;
    /** @type {InputMap[]} */
    this.inputs = [];
    /** @type {ProductGrid[]} */
    this.grids = [];
    /** @type {Record<"weights" | "inputs", GradientMap>[]} */
    this.gradients = [];
    const pairs = make("div", "pairs");
    const result = make("div", "result");
    for (let c = 0; c < channels; c++) {
      const name = spec.channels[first + c];
      const input = new InputMap(model, first + c);
      input.hasGhosts = true;
      const panel = make("figure", "window");
      const grid = new ProductGrid(kh, kw, `Products of ${name}`, dense);
      panel.append(make("figcaption", "", isAlone(spec) ? "Window × kernel" : `Window × kernel · ${name}`), grid.root);
      this.wire(grid, c);
      if (state.backward) panel.append(this.gradientPanel(name, kh, kw));
      if (c === channels - 1) {
        /** @type {HTMLElement} */
        this.weightLegend = make("div", "legend");
        panel.append(this.weightLegend);
      }
      listen(explorer, input, "input", { channel: first + c });
      pairs.append(input.figure, panel);
      this.inputs.push(input);
      this.grids.push(grid);
    }
    this.output = new OutputMap(model, "Output map");
    this.output.figure.classList.add("output");
    listen(explorer, this.output, "output", { filter: state.filter });
    result.append(this.output.figure);
    if (spec.activation) {
      this.curve = new Curve(spec);
      result.append(this.curve.figure);
    }
    stage.append(pairs, result);
    stage.classList.toggle("large", kw > 5);
    stage.classList.toggle("single", channels === 1);
  }

  /**
   * Two small maps for each channel: the gradients of its weights and of the input cells under them.
   * @param {string} name
   * @param {number} kh
   * @param {number} kw
   */
  gradientPanel(name, kh, kw) {
    const panel = make("div", "gradients");
    const pair = {
      weights: new GradientMap("weights", `Gradient of the weights of ${name}`, "∂L/∂weight", kh, kw),
      inputs: new GradientMap("inputs", `Gradient of the input cells of ${name}`, "∂L/∂input", kh, kw),
    };
    panel.append(pair.weights.figure, pair.inputs.figure);
    this.gradients.push(pair);
    return panel;
  }

  /**
   * @param {ProductGrid} grid
   * @param {number} c
   */
  wire(grid, c) {
    const [, , , kw] = this.explorer.model.spec.kernel;
    /** @returns {[number, number, number]} */
    const cell = (/** @type {number} */ at) => [c, Math.floor(at / kw), at % kw];
    const under = (/** @type {Event} */ event) => {
      /** @type {HTMLElement | null} */
      const box = /** @type {Element} */ (event.target).closest(".cell");
      return box ? Number(box.dataset.at) : undefined;
    };
    grid.root.onpointermove = (event) => {
      const at = under(event);
      if (at !== undefined) this.explorer.move({ cell: cell(at) });
    };
    grid.root.onpointerleave = grid.root.onblur = () => this.explorer.move({ cell: null });
    grid.root.onclick = (event) => {
      const at = under(event);
      if (at !== undefined && !(/** @type {Element} */ (event.target).closest("input"))) this.explorer.edit(cell(at));
    };
    grid.root.onkeydown = (event) => {
      const step = arrowOf(event);
      const by = step && step[0] * kw + step[1];
      if (event.key === "Enter") this.explorer.edit(cell(grid.marked ?? 0));
      else if (by === undefined) return;
      else {
        const next = grid.marked === undefined ? 0 : grid.marked + by;
        if (next >= 0 && next < grid.count) this.explorer.move({ cell: cell(next) }, true);
      }
      event.preventDefault();
      event.stopPropagation();
    };
  }

  /**
   * @param {number} space
   * @param {string} background
   */
  draw(space, background) {
    const { model, state } = this.explorer;
    const { spec, kernels } = model;
    const [, channels, kh, kw] = spec.kernel;
    const wide = space >= WIDE;
    const paired = !wide && channels > 1 && kw <= 3; // on a phone: a map and its window side by side
    this.explorer.stage.classList.toggle("paired", paired);
    const large = channels === 1 && space > 1250 ? 470 : OF.input(channels);
    // what the window leaves to the two maps beside it; a large window stands below them
    const third =
      kw > 5
        ? space * 0.33
        : Math.min(space * 0.33, Math.max(150, (space - kw * (this.grids[0].cell.width + CELL_GAP) - 64) / 2));
    const room = wide ? Math.min(large + 10, third) : paired ? space - 232 : Math.min(400, space - 4);
    for (const map of this.inputs) map.show(model, room, large, background);
    const scales = this.explorer.scales(state.filter);
    drawLegend(
      this.weightLegend,
      "Weights",
      range(kernels, state.filter * channels * kh * kw, channels * kh * kw),
      scales.weights.scale,
      scales.weights.table,
    );
    const size = spec.output[1] * spec.output[2];
    const largest = space > 1250 ? 470 : 400;
    const width = wide
      ? Math.min(largest, space * 0.33, Math.max(third, space - room - kw * (this.grids[0].cell.width + CELL_GAP) - 64))
      : Math.min(400, space - 4);
    this.output.caption.textContent = spec.outer
      ? `Output · ${spec.filters[state.filter]}${spec.activation ? `, after ${spec.activationName}` : ""}`
      : `Output · channel ${state.filter} (${spec.filters[state.filter]})`;
    this.output.show(model, model.a, state.filter * size, scales.a, width, largest, "Output");
  }

  /**
   * @param {State} state
   * @param {Convolved} found
   * @param {Place[]} fed
   */
  move(state, found, fed) {
    const { model } = this.explorer;
    const { spec } = model;
    const [, channels, kh, kw] = spec.kernel;
    const count = kh * kw;
    const scales = { values: tableOf(spec.scale, spec.scale.table), ...this.explorer.scales(state.filter) };
    const painting = spec.transposed && state.source;
    const terms = painting ? paintedTerms(model, state.filter, .../** @type {Place} */ (state.source)) : found.terms;
    for (const map of this.inputs) map.frameWindow(model, state, terms);
    this.output.frameCells(state, fed);
    if (!state.source || painting)
      this.grids.forEach((grid, c) => grid.draw(terms.slice(c * count, (c + 1) * count), scales));
    this.grids.forEach((grid, c) =>
      grid.mark(state.cell && state.cell[0] === c ? state.cell[1] * kw + state.cell[2] : undefined),
    );
    if (state.cell) {
      const map = this.inputs[state.cell[0]];
      map.clear();
      map.tint(multipliedBy(model, state.cell[1], state.cell[2]));
    }
    if (this.gradients.length && !state.source) this.drawGradients(found, state.gradient, channels, kh, kw);
    this.curve?.draw(spec, found, scales.z.scale.high, this.explorer.colours);
  }

  /**
   * @param {Convolved} found
   * @param {number} g
   * @param {number} channels
   * @param {number} kh
   * @param {number} kw
   */
  drawGradients(found, g, channels, kh, kw) {
    const gradients = windowGradients(found, g);
    const scales = { weights: symmetric(most(gradients.weights)), inputs: symmetric(most(gradients.inputs)) };
    this.gradients.forEach((pair, c) => {
      for (const of of /** @type {("weights" | "inputs")[]} */ (["weights", "inputs"]))
        pair[of].show(
          gradients[of].slice(c * kh * kw, (c + 1) * kh * kw),
          scales[of],
          kh,
          kw,
          this.explorer.colours.back,
        );
    });
  }

  /** @param {[number, number, number]} cell */
  place([c, i, j]) {
    const grid = this.grids[c];
    const { width, height } = grid.cell;
    return { host: grid.root, left: j * (width + CELL_GAP), top: i * (height + CELL_GAP), width, height };
  }
}
