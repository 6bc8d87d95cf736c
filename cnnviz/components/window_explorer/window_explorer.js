// The window explorer: state, pointer, keyboard and play. Nothing here calls the server.

const explorers = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let explorer = explorers.get(parentElement);
  if (!explorer) {
    explorer = new Explorer(parentElement.querySelector(".explorer"));
    explorers.set(parentElement, explorer);
  }
  explorer.show(data);
  return () => {
    explorer.close();
    explorers.delete(parentElement);
  };
}

class Explorer {
  constructor(root) {
    const role = (name) => root.querySelector(`[data-role=${name}]`);
    this.view = { root, where: role("where"), formula: role("formula"), feeds: role("feeds"), live: role("live") };
    this.state = { filter: 0, row: 0, col: 0, source: null };
    this.playing = false;
    this.pending = 0;
    this.late = false;
    this.width = 0;
    this.drawn = 0;
    root.onclick = (event) => this.click(event);
    root.onkeydown = (event) => this.key(event);
    this.resize = new ResizeObserver(() => {
      if (this.model && root.clientWidth && root.clientWidth !== this.width) this.redraw();
    });
    this.resize.observe(root);
  }

  close() {
    this.stop();
    this.resize.disconnect();
    cancelAnimationFrame(this.pending);
  }

  show(data) {
    const { spec } = data;
    const model = { spec, ...unpack(data) };
    model.scales = filterScales(model);
    const before = this.model && this.model.spec;
    this.model = model;
    const style = getComputedStyle(this.view.root);
    this.view.background = style.getPropertyValue("--st-secondary-background-color") || "#eee";
    const parts = (s) => JSON.stringify([s.kernel, s.channels, s.filters, s.input, s.output]);
    if (!before || parts(before) !== parts(spec)) {
      build(this.view, model);
      this.listen();
    }
    const state = this.state;
    state.filter = Math.min(state.filter, spec.kernel[0] - 1);
    state.row = Math.min(state.row, spec.output[1] - 1);
    state.col = Math.min(state.col, spec.output[2] - 1);
    state.source = null;
    if (!before) [state.row, state.col] = [Math.floor((spec.output[1] - 1) / 2), Math.floor((spec.output[2] - 1) / 2)];
    this.redraw();
  }

  redraw() {
    this.width = this.view.root.clientWidth;
    drawMaps(this.view, this.model, this.state.filter);
    this.found = drawMove(this.view, this.model, this.state);
    this.view.root.dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  /** The first move is drawn at once; further ones before the next frame are drawn together, in it. */
  move(change) {
    Object.assign(this.state, change);
    if (this.pending) {
      this.late = true;
      return;
    }
    this.found = drawMove(this.view, this.model, this.state);
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (this.late) this.found = drawMove(this.view, this.model, this.state);
      this.late = false;
    });
  }

  listen() {
    const at = (map, event) => {
      const box = map.over.getBoundingClientRect();
      return [Math.floor((event.clientY - box.top) / map.cell), Math.floor((event.clientX - box.left) / map.cell)];
    };
    const inside = (value, size) => Math.max(0, Math.min(size - 1, value));
    const output = this.view.output;
    output.over.onpointermove = output.over.onpointerdown = (event) => {
      this.stop();
      const [, rows, cols] = this.model.spec.output;
      const [row, col] = at(output, event);
      this.move({ row: inside(row, rows), col: inside(col, cols), source: null });
    };
    for (const map of this.view.inputs) {
      map.over.onpointermove = map.over.onpointerdown = (event) => {
        this.stop();
        const [, rows, cols] = this.model.spec.padded;
        const [y, x] = at(map, event);
        this.move({ source: [inside(y, rows), inside(x, cols)] });
      };
      map.over.onpointerleave = map.over.onblur = () => this.move({ source: null });
    }
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.filter !== undefined) {
      this.state.filter = Number(button.dataset.filter);
      this.redraw();
    } else if (button.dataset.do === "play") this.playing ? this.stop() : this.play();
    else this.step(button.dataset.do === "next" ? 1 : -1);
  }

  /** One window on or back, in reading order, from the last to the first. */
  step(by, keepPlaying = false) {
    if (!keepPlaying) this.stop();
    const [, rows, cols] = this.model.spec.output;
    const at = (this.state.row * cols + this.state.col + by + rows * cols) % (rows * cols);
    this.move({ row: Math.floor(at / cols), col: at % cols, source: null });
  }

  play() {
    this.setPlaying(true);
    let last = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      const due = 1000 / Number(this.view.root.querySelector(".speed input").value);
      if (now - last >= due) {
        last = now;
        this.step(1, true);
      }
      this.ticking = requestAnimationFrame(tick);
    };
    this.ticking = requestAnimationFrame(tick);
  }

  stop() {
    if (!this.playing) return;
    cancelAnimationFrame(this.ticking);
    this.setPlaying(false);
  }

  setPlaying(playing) {
    this.playing = playing;
    const button = this.view.root.querySelector("[data-do=play]");
    button.textContent = playing ? "Pause" : "Play";
    button.setAttribute("aria-pressed", String(playing));
  }

  key(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0, 1e6] };
    const by = moves[event.key];
    const input = this.view.inputs.find((map) => map.over === event.target);
    if (event.target !== this.view.output.over && !input) return;
    if (event.key === " ") {
      event.preventDefault();
      this.playing ? this.stop() : this.play();
    }
    if (!by) return;
    event.preventDefault();
    this.stop();
    const { spec } = this.model, state = this.state;
    const [, rows, cols] = input ? spec.padded : spec.output;
    const [row, col] = input ? state.source || [spec.padding[0] - by[0], spec.padding[1] - by[1]] : [state.row, state.col];
    const y = Math.max(0, Math.min(rows - 1, row + by[0])), x = Math.max(0, Math.min(cols - 1, col + by[1]));
    this.move(input ? { source: [y, x] } : { row: y, col: x, source: null });
    requestAnimationFrame(() => {
      this.view.live.textContent = input ? this.view.feeds.textContent : `Row ${y}, column ${x}: ${text(this.found.result, 4)}`;
    });
  }
}
