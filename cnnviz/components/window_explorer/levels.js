// The levels above one window: all output channels, and one of them with what each input channel adds.
//
// A level is built for a model, draws its maps for the width at hand, and moves: what changes when one looks around.

import { make } from "../shared/dom.js";
import { Curve } from "../shared/curve.js";
import { cellSize, MapBox } from "../shared/map_box.js";
import { text } from "../shared/numbers.js";
import { channelMaps } from "./arithmetic.js";
import { firstChannel, multipliedBy } from "./geometry.js";
import { listen } from "./listen.js";
import { drawKernels, InputMap, most, OF, OutputMap, symmetric, tableOf } from "./parts.js";

export const WIDE = 760;

/**
 * The name of an output channel: a button that looks inside.
 * @param {number} filter
 * @param {string} label
 */
export function nameButton(filter, label) {
  const name = make("button", "name", label);
  name.type = "button";
  /** @type {TakesNumbers} */ (name).dataset.filter = filter;
  name.title = "Look inside this output channel";
  return name;
}

/** @param {string} label */
export function everythingButton(label) {
  const all = make("button", "everything", label);
  all.type = "button";
  all.dataset.do = "everything";
  return all;
}

/** All output channels beside the input. */
export class Overview {
  /**
   * @param {ConvolutionView} explorer
   * @param {HTMLElement} stage
   */
  constructor(explorer, stage) {
    const { model } = explorer;
    const { spec } = model;
    this.explorer = explorer;
    const wide = explorer.width >= WIDE;
    const { everything } = explorer.state;
    const few = (/** @type {number} */ all, /** @type {number} */ limit) => (everything ? all : Math.min(all, limit));
    const shown = [few(spec.input[0], wide ? 8 : 4), few(spec.kernel[0], wide ? 36 : 6)];
    this.inputs = Array.from({ length: shown[0] }, (_, channel) => new InputMap(model, channel));
    const inputs = make("div", spec.input[0] > 4 ? "inputs many" : "inputs");
    const outputs = make("div", "outputs");
    inputs.append(...this.inputs.map((map) => map.figure));
    this.cards = Array.from({ length: shown[1] }, (_, filter) => {
      const map = new OutputMap(model, `Output channel ${filter}, ${spec.filters[filter]}`);
      const name = nameButton(filter, `${filter} · ${spec.filters[filter]}`);
      const kernels = make("canvas", "kernels");
      kernels.setAttribute("aria-hidden", "true");
      map.figure.classList.add("card");
      map.caption.append(name, kernels);
      listen(explorer, map, "output", { filter });
      outputs.append(map.figure);
      return { map, kernels, filter };
    });
    for (const map of this.inputs) listen(explorer, map, "input", { channel: map.channel });
    stage.append(inputs, outputs);
    if (shown[0] < spec.input[0] || shown[1] < spec.kernel[0])
      stage.append(everythingButton(`Show all ${spec.input[0]} input and ${spec.kernel[0]} output channels`));
  }

  /**
   * @param {number} space
   * @param {string} background
   */
  draw(space, background) {
    const { model } = this.explorer;
    const { spec } = model;
    const wide = space >= WIDE;
    const many = this.inputs.length;
    const filters = this.cards.length;
    const left = wide
      ? Math.min(many > 1 && many <= 4 ? 190 : OF.input(many), space * 0.36)
      : Math.min(OF.input(many), spec.input[0] > 4 ? space / 2 - 12 : space - 4);
    for (const map of this.inputs) map.show(model, left, OF.input(many), background);
    const side = Math.min(OF.output(filters), wide ? space - left - 60 : filters > 1 ? space / 2 - 34 : space - 26);
    for (const { map, kernels, filter } of this.cards) {
      const scales = this.explorer.scales(filter);
      const size = spec.output[1] * spec.output[2];
      map.show(model, model.a, filter * size, scales.a, side, side, "");
      drawKernels(kernels, model, filter, scales, 26, wide ? 8 : 4);
    }
  }

  /**
   * @param {State} state
   * @param {Convolved} found
   * @param {Place[]} fed
   */
  move(state, found, fed) {
    for (const map of this.inputs) map.frameWindow(this.explorer.model, state, found.terms);
    for (const { map, filter } of this.cards)
      if (state.source || filter === state.filter) map.frameCells(state, fed);
      else map.clear();
  }
}

/**
 * The verb of one channel or many.
 * @param {string} name
 */
const adds = (name) => (name.endsWith("s") ? "add" : "adds");

/**
 * One output channel: a row for each input channel with its own kernel and the map that it adds; their sum; the bias.
 */
export class ChannelLevel {
  /**
   * @param {ConvolutionView} explorer
   * @param {HTMLElement} stage
   */
  constructor(explorer, stage) {
    const { model, state } = explorer;
    const { spec } = model;
    const [, channels, kh, kw] = spec.kernel;
    const first = firstChannel(spec, state.filter);
    this.explorer = explorer;
    /** @type {MapBox[]} */
    this.kernels = [];
    const rows = make("div", "rows");
    this.rows = Array.from({ length: channels }, (_, c) => {
      const name = spec.channels[first + c];
      const input = new InputMap(model, first + c);
      const kernel = new MapBox(
        `Kernel for ${name}: ${kh} by ${kw} weights. Arrow keys walk, Enter edits.`,
        `Kernel for ${name}`,
      );
      const part = new OutputMap(model, `What ${name} adds`, `What ${name} adds`);
      listen(explorer, input, "input", { channel: first + c });
      listen(explorer, kernel, "kernel", { c });
      listen(explorer, part, "output", { filter: state.filter });
      const sign = make("span", "sign", spec.transposed ? "∗ᵀ" : "∗");
      const equals = make("span", "sign", "=");
      part.figure.append(part.value);
      rows.append(input.figure, sign, kernel.figure, equals, part.figure);
      return { input, kernel, part };
    });
    if (spec.rest) this.addRest(rows);
    const result = make("div", "result");
    this.sum = new OutputMap(model, spec.rest ? "The sum of all the maps and the bias" : "The sum and the bias");
    this.sum.figure.classList.add("output");
    listen(explorer, this.sum, "output", { filter: state.filter });
    result.append(this.sum.figure);
    if (spec.activation) {
      this.curve = new Curve(spec);
      this.after = new OutputMap(model, `After ${spec.activationName}`, `After ${spec.activationName}`);
      listen(explorer, this.after, "output", { filter: state.filter });
      result.append(this.curve.figure, this.after.figure);
    }
    stage.append(rows, result);
  }

  /**
   * One more summand, what the input channels that are not here add: a map alone.
   * @param {HTMLElement} rows
   */
  addRest(rows) {
    const { model, state } = this.explorer;
    const { rest } = /** @type {{ rest: string }} */ (model.spec);
    const words = `What ${rest} ${adds(rest)}`;
    const part = (this.rest = new OutputMap(model, words, words));
    listen(this.explorer, part, "output", { filter: state.filter });
    part.figure.append(part.value);
    rows.append(
      make("p", "others", `${rest[0].toUpperCase()}${rest.slice(1)}, together`),
      make("span", "sign", "="),
      part.figure,
    );
  }

  /** How many maps are summed. */
  get count() {
    return this.rows.length + (this.rest ? 1 : 0);
  }

  get inputs() {
    return this.rows.map((row) => row.input);
  }

  /**
   * @param {number} space
   * @param {string} background
   */
  draw(space, background) {
    const { model, state } = this.explorer;
    const { spec, kernels, bias } = model;
    const [, channels, kh, kw] = spec.kernel;
    const wide = space >= WIDE;
    const scales = this.explorer.scales(state.filter);
    /** @type {ReturnType<typeof channelMaps>} */
    this.maps = channelMaps(model, state.filter);
    const size = spec.output[1] * spec.output[2];
    const rest = model.rest?.subarray(state.filter * size, (state.filter + 1) * size);
    const top = Math.max(...this.maps.map(most));
    const parts = tableOf(symmetric(top), "activations");
    const tall = channels === 1 ? 230 : channels <= 4 ? 170 : 110;
    const width = wide ? Math.min(280, space * 0.27) : Math.min(360, space - 4);
    const side = wide ? 172 : Math.min(100, space * 0.28);
    const share = (space - width - side - 140) / 2;
    this.explorer.stage.style.setProperty("--name", `${Math.min(200, share)}px`);
    const room = Math.min(tall * 1.25, wide ? share : space < 340 ? space / 3 - 8 : (space - side - 64) / 2);
    this.rows.forEach(({ input, kernel, part }, c) => {
      input.show(model, room, tall, background);
      kernel.draw({
        values: kernels,
        offset: (state.filter * channels + c) * kh * kw,
        rows: kh,
        cols: kw,
        cell: Math.max(wide ? 8 : 5, cellSize(side, side, kh, kw, 50)),
        ...scales.weights,
      });
      part.show(model, this.maps[c], 0, parts, room, tall, "");
    });
    // by the others' scale: what goes beyond it, the legend says
    this.rest?.show(model, /** @type {Float32Array} */ (rest), 0, parts, room, tall, "");
    const sum = this.rest ? "Sum of all the maps" : this.count > 1 ? `Sum of ${this.count} maps` : "That map";
    this.sum.caption.textContent = `${sum} + bias ${text(bias[state.filter])}`;
    this.sum.show(model, model.z, state.filter * size, scales.z, width, 300, "");
    this.after?.show(model, model.a, state.filter * size, scales.a, width, 300, "");
  }

  /**
   * @param {State} state
   * @param {Convolved} found
   * @param {Place[]} fed
   */
  move(state, found, fed) {
    const { model } = this.explorer;
    const { spec } = model;
    const colours = this.explorer.colours;
    for (const { input } of this.rows) input.frameWindow(model, state, found.terms);
    this.rows.forEach(({ kernel, part, input }, c) => {
      part.frameCells(state, fed);
      part.value.textContent = `adds ${text(found.sums[c], 4)} here`;
      kernel.clear();
      if (state.cell && state.cell[0] === c) {
        kernel.frame(state.cell[1], state.cell[2]);
        input.clear();
        input.tint(multipliedBy(model, state.cell[1], state.cell[2]));
      }
    });
    if (this.rest) {
      this.rest.frameCells(state, fed);
      this.rest.value.textContent = `${adds(/** @type {string} */ (spec.rest))} ${text(found.rest, 4)} here`;
    }
    this.sum.frameCells(state, fed);
    this.after?.frameCells(state, fed);
    this.curve?.draw(spec, found, this.explorer.scales(state.filter).z.scale.high, colours);
  }

  /**
   * Where on the page a kernel cell is edited.
   * @param {[number, number, number]} cell
   */
  place([c, i, j]) {
    const { kernel } = this.rows[c];
    return { host: kernel.box, left: j * kernel.cell, top: i * kernel.cell, width: kernel.cell, height: kernel.cell };
  }
}
