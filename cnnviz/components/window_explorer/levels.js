// The three levels: all output channels, one of them with what each input channel adds, one window.
//
// A level is built for a model, draws its maps for the width at hand, and moves: what changes when one looks around.

const WIDE = 760;

/** The name of an output channel: a button that looks inside. */
function nameButton(filter, label) {
  const name = make("button", "name", label);
  name.type = "button";
  name.dataset.filter = filter;
  name.title = "Look inside this output channel";
  return name;
}

function everythingButton(label) {
  const all = make("button", "everything", label);
  all.type = "button";
  all.dataset.do = "everything";
  return all;
}

/** All output channels beside the input. */
class Overview {
  constructor(explorer, stage) {
    const { model } = explorer, { spec } = model;
    this.explorer = explorer;
    const wide = explorer.root.clientWidth >= WIDE, { everything } = explorer.state;
    const few = (all, most) => (everything ? all : Math.min(all, most));
    const shown = [few(spec.input[0], wide ? 8 : 4), few(spec.kernel[0], wide ? 36 : 6)];
    this.inputs = Array.from({ length: shown[0] }, (_, channel) => new InputMap(model, channel));
    const inputs = make("div", spec.input[0] > 4 ? "inputs many" : "inputs"), outputs = make("div", "outputs");
    inputs.append(...this.inputs.map((map) => map.figure));
    this.cards = Array.from({ length: shown[1] }, (_, filter) => {
      const map = new OutputMap(model, `Output channel ${filter}, ${spec.filters[filter]}`);
      const name = nameButton(filter, `${filter} · ${spec.filters[filter]}`), kernels = make("canvas", "kernels");
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

  draw(space, background) {
    const { model } = this.explorer, { spec } = model, wide = space >= WIDE;
    const many = this.inputs.length, filters = this.cards.length;
    const left = wide ? Math.min(many > 1 && many <= 4 ? 190 : OF.input(many), space * 0.36) : Math.min(OF.input(many), spec.input[0] > 4 ? space / 2 - 12 : space - 4);
    for (const map of this.inputs) map.show(model, left, OF.input(many), background);
    const side = Math.min(OF.output(filters), wide ? space - left - 60 : filters > 1 ? space / 2 - 34 : space - 26);
    for (const { map, kernels, filter } of this.cards) {
      const scales = this.explorer.scales(filter), size = spec.output[1] * spec.output[2];
      map.show(model, model.a, filter * size, scales.a, side, side, "");
      drawKernels(kernels, model, filter, scales, 26, wide ? 8 : 4);
    }
  }

  move(state, found, fed) {
    for (const map of this.inputs) map.frameWindow(this.explorer.model, state, found.terms);
    for (const { map, filter } of this.cards)
      if (state.source || filter === state.filter) map.frameCells(state, fed);
      else map.clear();
  }
}

/** One output channel: a row for each input channel with its own kernel and the map that it adds; their sum; the bias. */
class ChannelLevel {
  constructor(explorer, stage) {
    const { model, state } = explorer, { spec } = model;
    const [, channels, kh, kw] = spec.kernel, first = firstChannel(spec, state.filter);
    this.explorer = explorer;
    this.kernels = [];
    const rows = make("div", "rows");
    this.rows = Array.from({ length: channels }, (_, c) => {
      const name = spec.channels[first + c];
      const input = new InputMap(model, first + c);
      const kernel = new MapBox(`Kernel for ${name}: ${kh} by ${kw} weights. Arrow keys walk, Enter edits.`, `Kernel for ${name}`);
      const part = new OutputMap(model, `What ${name} adds`, `What ${name} adds`);
      listen(explorer, input, "input", { channel: first + c });
      listen(explorer, kernel, "kernel", { c });
      listen(explorer, part, "output", { filter: state.filter });
      const sign = make("span", "sign", spec.transposed ? "∗ᵀ" : "∗"), equals = make("span", "sign", "=");
      part.value = make("div", "adds");
      part.figure.append(part.value);
      rows.append(input.figure, sign, kernel.figure, equals, part.figure);
      return { input, kernel, part };
    });
    const result = make("div", "result");
    this.sum = new OutputMap(model, "The sum and the bias");
    this.sum.figure.classList.add("output");
    listen(explorer, this.sum, "output", { filter: state.filter });
    result.append(this.sum.figure);
    if (spec.activation) {
      this.curve = new Curve(spec);
      this.after = new OutputMap(model, `After ${spec.activation}`, `After ${spec.activation}`);
      listen(explorer, this.after, "output", { filter: state.filter });
      result.append(this.curve.figure, this.after.figure);
    }
    stage.append(rows, result);
  }

  get inputs() {
    return this.rows.map((row) => row.input);
  }

  draw(space, background) {
    const { model, state } = this.explorer, { spec, kernels, bias } = model;
    const [, channels, kh, kw] = spec.kernel, wide = space >= WIDE;
    const scales = this.explorer.scales(state.filter);
    this.maps = channelMaps(model, state.filter);
    const top = Math.max(...this.maps.map(most)), parts = tableOf(symmetric(top), "activations");
    const tall = channels === 1 ? 230 : channels <= 4 ? 170 : 110;
    const width = wide ? Math.min(280, space * 0.27) : Math.min(360, space - 4);
    const side = wide ? 172 : Math.min(100, space * 0.28);
    const room = Math.min(tall * 1.25, wide ? (space - width - side - 140) / 2 : space < 340 ? space / 3 - 8 : (space - side - 64) / 2);
    this.rows.forEach(({ input, kernel, part }, c) => {
      input.show(model, room, tall, background);
      kernel.draw({
        values: kernels, offset: (state.filter * channels + c) * kh * kw, rows: kh, cols: kw,
        cell: Math.max(wide ? 8 : 5, cellSize(side, side, kh, kw, 50)), ...scales.weights,
      });
      part.show(model, this.maps[c], 0, parts, room, tall, "");
    });
    const size = spec.output[1] * spec.output[2];
    const sum = channels > 1 ? `Sum of ${channels} maps` : "That map";
    this.sum.caption.textContent = `${sum} + bias ${text(bias[state.filter])}`;
    this.sum.show(model, model.z, state.filter * size, scales.z, width, 300, "");
    this.after?.show(model, model.a, state.filter * size, scales.a, width, 300, "");
  }

  move(state, found, fed) {
    const { model } = this.explorer, { spec } = model, colours = this.explorer.colours;
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
    this.sum.frameCells(state, fed);
    this.after?.frameCells(state, fed);
    this.curve?.draw(spec, found, this.explorer.scales(state.filter).z.scale.high, colours);
  }

  /** Where on the page a kernel cell is edited. */
  place([c, i, j]) {
    const { kernel } = this.rows[c];
    return { host: kernel.box, left: j * kernel.cell, top: i * kernel.cell, width: kernel.cell, height: kernel.cell };
  }
}

/** One window: every value, weight and product; with the gradients where they are asked for. */
class WindowLevel {
  constructor(explorer, stage) {
    const { model, state } = explorer, { spec } = model;
    const [, channels, kh, kw] = spec.kernel, first = firstChannel(spec, state.filter);
    const dense = kh * kw * channels > 100;
    this.explorer = explorer;
    this.inputs = [];
    this.grids = [];
    this.gradients = [];
    const pairs = make("div", "pairs"), result = make("div", "result");
    for (let c = 0; c < channels; c++) {
      const name = spec.channels[first + c], input = new InputMap(model, first + c);
      const panel = make("figure", "window"), grid = new ProductGrid(kh, kw, `Products of ${name}`, dense);
      panel.append(make("figcaption", "", channels > 1 ? `Window × kernel · ${name}` : "Window × kernel"), grid.root);
      this.wire(grid, c);
      if (state.backward) panel.append(this.gradientPanel(name, kh, kw));
      if (c === channels - 1) {
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

  /** Two small maps for each channel: the gradients of its weights and of the input cells under them. */
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

  wire(grid, c) {
    const [, , , kw] = this.explorer.model.spec.kernel;
    const cell = (at) => [c, Math.floor(at / kw), at % kw];
    const under = (event) => {
      const box = event.target.closest(".cell");
      return box ? Number(box.dataset.at) : undefined;
    };
    grid.root.onpointermove = (event) => {
      const at = under(event);
      if (at !== undefined) this.explorer.move({ cell: cell(at) });
    };
    grid.root.onpointerleave = grid.root.onblur = () => this.explorer.move({ cell: null });
    grid.root.onclick = (event) => {
      const at = under(event);
      if (at !== undefined && !event.target.closest("input")) this.explorer.edit(cell(at));
    };
    grid.root.onkeydown = (event) => {
      const by = { ArrowUp: -kw, ArrowDown: kw, ArrowLeft: -1, ArrowRight: 1 }[event.key];
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

  draw(space, background) {
    const { model, state } = this.explorer, { spec, kernels } = model;
    const [, channels, kh, kw] = spec.kernel, wide = space >= WIDE;
    const paired = !wide && channels > 1 && kw <= 3; // on a phone: a map and its window side by side
    this.explorer.stage.classList.toggle("paired", paired);
    const large = channels === 1 && space > 1250 ? 470 : OF.input(channels);
    const room = wide ? Math.min(large + 10, space * 0.33) : paired ? space - 232 : Math.min(400, space - 4);
    for (const map of this.inputs) map.show(model, room, large, background);
    const scales = this.explorer.scales(state.filter);
    drawLegend(this.weightLegend, "Weights", range(kernels, state.filter * channels * kh * kw, channels * kh * kw), scales.weights.scale, scales.weights.table);
    const size = spec.output[1] * spec.output[2], most = space > 1250 ? 470 : 400;
    const width = wide ? Math.min(most, space * 0.33) : Math.min(400, space - 4);
    this.output.caption.textContent = `Output · channel ${state.filter} (${spec.filters[state.filter]})`;
    this.output.show(model, model.a, state.filter * size, scales.a, width, most, "Output");
  }

  move(state, found, fed) {
    const { model } = this.explorer, { spec } = model;
    const [, channels, kh, kw] = spec.kernel, count = kh * kw;
    const scales = { values: tableOf(spec.scale, spec.scale.table), ...this.explorer.scales(state.filter) };
    const painting = spec.transposed && state.source;
    const terms = painting ? paintedTerms(model, state.filter, ...state.source) : found.terms;
    for (const map of this.inputs) map.frameWindow(model, state, terms);
    this.output.frameCells(state, fed);
    if (!state.source || painting) this.grids.forEach((grid, c) => grid.draw(terms.slice(c * count, (c + 1) * count), scales));
    this.grids.forEach((grid, c) => grid.mark(state.cell && state.cell[0] === c ? state.cell[1] * kw + state.cell[2] : undefined));
    if (state.cell) {
      const map = this.inputs[state.cell[0]];
      map.clear();
      map.tint(multipliedBy(model, state.cell[1], state.cell[2]));
    }
    if (this.gradients.length && !state.source) this.drawGradients(found, state.gradient, channels, kh, kw);
    this.curve?.draw(spec, found, scales.z.scale.high, this.explorer.colours);
  }

  drawGradients(found, g, channels, kh, kw) {
    const gradients = windowGradients(found, g);
    const scales = { weights: symmetric(most(gradients.weights)), inputs: symmetric(most(gradients.inputs)) };
    this.gradients.forEach((pair, c) => {
      for (const of of ["weights", "inputs"])
        pair[of].show(gradients[of].slice(c * kh * kw, (c + 1) * kh * kw), scales[of], kh, kw, this.explorer.colours.back);
    });
  }

  place([c, i, j]) {
    const [, , , kw] = this.explorer.model.spec.kernel, grid = this.grids[c];
    const { width, height } = grid.cell;
    return { host: grid.root, left: j * (width + CELL_GAP), top: i * (height + CELL_GAP), width, height };
  }
}
