// The window explorer: its state, its levels, and what it tells the address. Looking around never calls the server; the
// address hears of a deeper level and of an edited weight.

import { unpack } from "../shared/arrays.js";
import { editWeight } from "./weight_edit.js";
import { fitLines } from "./formula_lines.js";
import { AtMostOnceAFrame } from "../shared/frames.js";
import { partsOf } from "../shared/dom.js";
import { mounted } from "../shared/mount.js";
import { savePicture } from "../shared/picture.js";
import { Said } from "../shared/said.js";
import { readNumber } from "./cells.js";
import { Edits } from "./edits.js";
import { Ahead } from "./ahead.js";
import { keepPlace, reading } from "./geometry.js";
import { WIDE } from "./levels.js";
import { hasSameParts, modelOf } from "./model.js";
import { operationOf } from "./operations.js";
import { drawPath, makeStrip } from "./path.js";
import { Walk } from "./walk.js";

class Explorer {
  constructor(/** @type {HTMLElement} */ root) {
    this.root = root;
    this.parts = partsOf(root);
    this.stage = this.parts.stage;
    this.lines = [this.parts];
    /** @type {State} */
    this.state = {
      level: "all",
      filter: 0,
      row: 0,
      col: 0,
      source: null,
      last: null,
      cell: null,
      backward: false,
      gradient: 1,
      everything: false,
    };
    this.said = { at: new Said(), edits: new Said() };
    this.edits = new Edits();
    this.ahead = new Ahead(this);
    /** @type {{ model: Model, at: number[] } | undefined} where one looked when a setting began to change */
    this.anchor = undefined;
    this.walk = new Walk(this);
    this.moves = new AtMostOnceAFrame(() => this.drawMove());
    this.drawn = this.width = 0;
    root.onclick = (event) => this.click(event);
    root.onkeydown = (event) => this.key(event);
    this.parts.gradient.oninput = () => {
      const value = readNumber(this.parts.gradient.value);
      const good = !Number.isNaN(value);
      this.parts.gradient.setAttribute("aria-invalid", String(!good));
      if (good) this.move({ gradient: Number(value.toPrecision(6)) });
    };
    this.parts.gradient.onchange = () => this.tellAt();
    // just opened, nothing has the focus yet: Escape is meant for the picture
    this.elsewhere = (/** @type {KeyboardEvent} */ event) =>
      document.activeElement === document.body && !this.walk.remote(event) && this.key(event);
    this.beside = (/** @type {Event} */ event) => this.follow(/** @type {CustomEvent} */ (event).detail);
  }

  open() {
    this.ahead.open();
    document.addEventListener("keydown", this.elsewhere);
    document.addEventListener("cnnviz-look", this.beside);
  }

  fit() {
    this.width = this.root.clientWidth;
    this.redraw();
  }

  close() {
    this.ahead.close();
    this.walk.stop();
    document.removeEventListener("keydown", this.elsewhere);
    document.removeEventListener("cnnviz-look", this.beside);
    this.moves.cancel();
    clearTimeout(this.saving);
  }

  show(/** @type {any} */ data, /** @type {Tell} */ tell) {
    const { spec } = data;
    /** @type {Described} */ this.told = { spec, arrays: unpack(data) };
    /** @type {Tell} */ this.tell = spec.linked ? tell : () => {};
    const style = getComputedStyle(this.root);
    /** @type {Record<string, string>} */ this.colours = {
      text: style.getPropertyValue("--st-text-color") || "#222",
      back: style.getPropertyValue("--st-secondary-background-color") || "#eee",
    };
    if (this.said.edits.hear(spec.edits)) this.edits = new Edits(spec.edits);
    const former = /** @type {Partial<Explorer>} */ (this).model;
    const isNew = this.said.at.hear(spec.at) && !spec.follows;
    const isElsewhere = isNew || former?.spec.outer !== spec.outer;
    this.ahead.hear(spec.ahead);
    this.width = this.root.clientWidth; // read here alone: reading has the page laid out
    this.present(this.ahead.applied(this.told) ?? this.told, isElsewhere);
  }

  /** Show a layer, the server's or that which its sliders have already. */
  present(/** @type {Described} */ made, isElsewhere = false) {
    const former = isElsewhere ? undefined : /** @type {Partial<Explorer>} */ (this).model;
    if (isElsewhere) this.anchor = undefined;
    if (former) this.anchor ??= { model: former, at: [this.state.row, this.state.col] };
    /** @type {Model} */ this.model = modelOf(made);
    /** @type {Pick<Model, "kernels" | "bias">} */ this.base = { kernels: this.model.kernels, bias: this.model.bias };
    /** @type {Operation} */ this.operation = operationOf(made.spec);
    if (isElsewhere) this.adopt(this.told.spec.at);
    this.compute();
    const state = this.state;
    state.filter = Math.min(state.filter, made.spec.kernel[0] - 1);
    const from = isElsewhere ? undefined : this.anchor;
    if (from) [state.row, state.col] = from.at; // there and back, one is where one was
    const hasMoved = keepPlace(from?.model ?? former, this.model, state);
    state.source = state.last = state.cell = null;
    if (!former || !hasSameParts(former.spec, made.spec, state.level)) this.build();
    else this.redraw();
    if (this.ahead.isAhead) return;
    if (hasMoved && former && this.said.at.known?.includes(".")) this.tellAt();
  }

  /** What to look at, as the address has it: nothing, `channel`, `channel.row.column`, or that and `~gradient`. */
  adopt(/** @type {string} */ place) {
    const [at, gradient] = place.split("~");
    this.state.backward = gradient !== undefined;
    this.parts.gradient.value = this.state.gradient = gradient === undefined ? 1 : Number(gradient);
    const [filter, row, col] = at
      .split(".")
      .filter((part) => part !== "")
      .map(Number);
    const { spec } = this.model;
    this.state.level =
      filter === undefined ? this.levels[0] : row === undefined && this.operation.levels.channel ? "channel" : "window";
    this.state.filter = filter ?? 0;
    this.state.row = row ?? Math.floor((spec.output[1] - 1) / 2);
    this.state.col = col ?? Math.floor((spec.output[2] - 1) / 2);
  }

  compute() {
    Object.assign(this.model, this.edits.applied(this.model.spec.kernel, this.base));
    this.operation.forward(this.model);
    /** @type {(FilterScales | Painted)[]} */ this.cached = [];
  }

  /** The names of the levels; where the explorer shows a part of a network, the level of all is outside. */
  get levels() {
    return Object.keys(this.operation.levels).filter((level) => level !== "all" || !this.model.spec.outer);
  }

  /** The colour scales of a filter's maps; those of pooling are by the pooling. */
  scales(/** @type {number} */ filter) {
    return (this.cached[filter] ||= this.operation.scales(this.model, filter));
  }

  /** Make the level's parts anew. */
  build() {
    const { state, model } = this;
    this.stage.replaceChildren();
    this.stage.className = `stage ${state.level}`;
    this.stage.classList.toggle("pooled", model.spec.pools.length > 0);
    this.stage.classList.toggle("inside", Boolean(model.spec.outer));
    this.stage.style.setProperty("--pools", model.spec.pools.length);
    /** @type {Level} */ this.view = new this.operation.levels[state.level](this, this.stage);
    fitLines(this, Math.max(1, model.spec.pools.length));
    drawPath(this);
    /** @type {ReturnType<typeof makeStrip>} */ this.chips = makeStrip(this);
    const backward = state.level === "window";
    /** @type {HTMLElement} */ (this.root.querySelector("[data-do=backward]")).hidden = !backward;
    /** @type {Element} */ (this.root.querySelector("[data-do=backward]")).setAttribute(
      "aria-pressed",
      String(state.backward),
    );
    this.parts.backward.hidden = !(backward && state.backward);
    this.walk.build();
    this.root.dataset.level = state.level;
    this.parts.formula.classList.toggle("activated", Boolean(model.spec.activation));
    this.redraw();
  }

  redraw() {
    const { state } = this;
    this.stage.classList.toggle("wide", this.width >= WIDE);
    this.stage.classList.toggle("tight", this.width < 340);
    this.view.draw(this.width, this.colours.back);
    this.chips.forEach(({ chip, kernels, map }, filter) => {
      this.operation.thumbnail(this, filter, kernels, map);
      chip.setAttribute("aria-pressed", String(filter === state.filter));
    });
    /** @type {HTMLElement} */ (this.root.querySelector("[data-do=reset]")).hidden = this.edits.size === 0;
    this.drawMove();
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  /** The first move is drawn at once; further ones before the next frame are drawn together, in it. */
  move(/** @type {Partial<State>} */ change, aloud = false, isEcho = false) {
    Object.assign(this.state, change);
    if (change.row !== undefined) this.anchor = undefined;
    if (!isEcho && change.row !== undefined) this.tellOthers();
    if (change.source) this.state.last = change.source;
    if (aloud) requestAnimationFrame(() => (this.parts.live.textContent = this.aloud()));
    this.moves.ask();
  }

  /** Explorers side by side look at the same window. */
  tellOthers() {
    const {
      state,
      model: { spec },
    } = this;
    if (spec.group)
      document.dispatchEvent(
        new CustomEvent("cnnviz-look", {
          detail: { from: this, group: spec.group, at: [state.row, state.col], size: spec.output.slice(1) },
        }),
      );
  }

  follow(/** @type {SharedLook} */ { from, group, at: [row, col], size }) {
    if (from === this || !this.model || this.model.spec.group !== group) return;
    const [, rows, cols] = this.model.spec.output;
    if (rows !== size[0] || cols !== size[1] || this.root.querySelector("input.edit")) return;
    this.walk.stop();
    this.move({ row, col, source: null, cell: null }, false, true);
  }

  drawMove() {
    const { model, state } = this;
    const found = (this.found = this.operation.look(model, state));
    const fed = state.source ? reading(model, state.source) : [];
    this.view.move(state, found, fed);
    this.parts.feeds.textContent = this.operation.words(model, state, fed, found);
    if (!state.source)
      this.operation.write(this.lines, this.parts, model, state, found, Boolean(this.view.gradients?.length));
    this.walk.show(this.parts.where);
  }

  /** What the last key has reached, for those who hear it. */
  aloud() {
    const { state, found } = this;
    return state.source || state.cell
      ? this.parts.feeds.textContent
      : `Row ${state.row}, column ${state.col}: ${this.operation.spoken(/** @type {Found} */ (found))}`;
  }

  go(/** @type {string} */ level, filter = this.state.filter) {
    const had = this.root.contains(/** @type {ShadowRoot} */ (this.root.getRootNode()).activeElement);
    Object.assign(this.state, { level, filter, source: null, cell: null });
    this.build();
    if (had)
      (this.stage.querySelector(level === "all" ? ".card .over" : ".output .over") || this.root).focus({
        preventScroll: true,
      });
    this.tellAt();
  }

  tellAt() {
    const { level, filter, row, col, backward, gradient } = this.state;
    const at = { all: "", channel: `${filter}`, window: `${filter}.${row}.${col}${backward ? `~${gradient}` : ""}` }[
      /** @type {"all" | "channel" | "window"} */ (level)
    ];
    if (this.model.spec.linked && this.said.at.say(at)) this.tell("at", at);
  }

  /** From a cell of an output map to what lies under it; in the last level the address keeps the cell. */
  deeper() {
    const next = this.levels[this.levels.indexOf(this.state.level) + 1];
    next ? this.go(next) : this.tellAt();
  }

  get isOutermost() {
    return this.state.level === this.levels[0] && !this.model.spec.outer;
  }

  up() {
    const { levels } = this;
    const at = levels.indexOf(this.state.level);
    if (at > 0) this.go(levels[at - 1]);
    else if (!this.isOutermost) this.leave();
  }

  /** Out to where one came from. Said anew each time: Streamlit remembers what an explorer that is gone has said. */
  leave() {
    this.walk.stop();
    this.said.at.say("");
    this.tell("at", `out ${Date.now()}`);
  }

  /** @param {[number, number, number]} [cell] */
  edit(cell) {
    editWeight(this, cell);
  }

  keep(/** @type {string} */ at, /** @type {number} */ value) {
    this.edits.set(at, value);
    this.compute();
    this.redraw();
    this.save();
  }

  save() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      const edits = String(this.edits);
      if (this.model.spec.linked && this.said.edits.say(edits)) this.tell("edits", edits);
    }, 250);
  }

  click(/** @type {MouseEvent} */ event) {
    const { target } = /** @type {MouseEvent & { target: Element }} */ (event);
    const button = target.closest("button");
    if (!button) {
      if (!target.closest(".box, .grid, input, label, .formula, .curve")) this.up();
      return;
    }
    const { filter, level } = button.dataset;
    const what = button.dataset.do;
    if (filter !== undefined) this.go(this.state.level === "all" ? this.levels[1] : this.state.level, Number(filter));
    else if (level === "outer") this.leave();
    else if (level) this.go(level);
    else if (button === this.parts.bias) this.edit();
    else if (what === "play") this.walk.toggle();
    else if (what === "next" || what === "back") this.walk.step(what === "next" ? 1 : -1);
    else if (what === "reset") {
      this.edits = new Edits();
      this.compute();
      this.redraw();
      this.save();
    } else if (what === "backward") {
      this.state.backward = !this.state.backward;
      this.build();
      this.tellAt();
    } else if (what === "everything") {
      this.state.everything = true;
      this.build();
    } else if (what === "picture") savePicture(this.root, `${this.model.spec.kinds[0]}-${this.state.level}.png`);
  }

  key(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "Escape" || this.isOutermost || event.target === this.parts.gradient) return;
    event.preventDefault();
    this.up();
  }
}

export default await mounted(import.meta.url, Explorer);
