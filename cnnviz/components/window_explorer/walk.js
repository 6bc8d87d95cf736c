// Walking through a layer window by window: play, step and the slider.

const STEPS = new Map([
  ["PageDown", 1],
  ["PageUp", -1],
  ["ArrowRight", 1],
  ["ArrowLeft", -1],
]);

/** Walks over output cells; a transposed convolution paints, input cell by input cell. */
export class Walk {
  /** @param {ExplorerView} explorer */
  constructor(explorer) {
    this.explorer = explorer;
    const find = (/** @type {string} */ what) => explorer.root.querySelector(what);
    this.button = /** @type {HTMLButtonElement} */ (find("[data-do=play]"));
    this.scrub = /** @type {HTMLInputElement} */ (find(".scrub"));
    this.speed = /** @type {HTMLInputElement} */ (find(".speed input"));
    this.ticking = 0;
    this.playing = false;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.speed.value = "1";
    this.scrub.oninput = () => {
      this.stop();
      this.goTo(Number(this.scrub.value));
    };
  }

  get size() {
    const { spec } = this.explorer.model;
    return spec.transposed ? spec.input.slice(1) : spec.output.slice(1);
  }

  get place() {
    const {
      state,
      model: { spec },
    } = this.explorer;
    return spec.transposed ? state.source || state.last || [0, 0] : [state.row, state.col];
  }

  build() {
    this.scrub.max = String(this.size[0] * this.size[1] - 1);
  }

  /**
   * Say where one is, in words and on the slider.
   * @param {HTMLElement} words
   */
  show(words) {
    const { spec } = this.explorer.model;
    const [rows, cols] = this.size;
    const [row, col] = this.place;
    const what = spec.transposed ? "input row" : "row";
    words.textContent = `${what} ${row} of 0–${rows - 1}, column ${col} of 0–${cols - 1}`;
    this.scrub.value = String(row * cols + col);
  }

  /** @param {number} at */
  goTo(at) {
    const cols = this.size[1];
    /** @type {Place} */
    const place = [Math.floor(at / cols), at % cols];
    this.explorer.move(
      this.explorer.model.spec.transposed
        ? { source: place, cell: null }
        : { row: place[0], col: place[1], source: null, cell: null },
    );
  }

  /**
   * One window on or back, in reading order, from the last to the first.
   * @param {number} by
   */
  step(by, keepPlaying = false) {
    if (!keepPlaying) this.stop();
    const [rows, cols] = this.size;
    const [row, col] = this.place;
    const start = this.explorer.model.spec.transposed && !this.explorer.state.last ? -1 : row * cols + col;
    this.goTo((start + by + rows * cols) % (rows * cols));
  }

  /**
   * By the projector the keys of a presenter's remote go from window to window. Whether this one did.
   * @param {KeyboardEvent} event
   */
  remote(event) {
    const by = STEPS.get(event.key);
    const { group, linked } = this.explorer.model.spec;
    if (!by || event.defaultPrevented || (group && !linked)) return false; // the one whose place the address has
    if (!getComputedStyle(this.explorer.root).getPropertyValue("--projected")) return false;
    event.preventDefault(); // another explorer beside this one follows by itself
    this.step(by);
    return true;
  }

  play() {
    this.setPlaying(true);
    let last = performance.now();
    const tick = (/** @type {number} */ now) => {
      if (!this.playing) return;
      if (now - last >= 1000 / Number(this.speed.value)) {
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

  toggle() {
    this.playing ? this.stop() : this.play();
  }

  /** @param {boolean} playing */
  setPlaying(playing) {
    this.playing = playing;
    this.button.textContent = playing ? "Pause" : "Play";
    this.button.setAttribute("aria-pressed", String(playing));
  }
}
