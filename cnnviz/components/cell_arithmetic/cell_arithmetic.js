// One map of a layer that acts cell by cell: what is read, what comes out, and the arithmetic of the cell that one
// looks at. Looking around never calls the server; the address hears of a cell that was clicked.

import { unpack } from "../shared/arrays.js";
import { AtMostOnceAFrame } from "../shared/frames.js";
import { make, partsOf } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { ACTIVATIONS } from "../shared/activations.js";
import { Curve } from "../shared/curve.js";
import { walkOf } from "../shared/keys.js";
import { cellSize, MapBox } from "../shared/map_box.js";
import { mounted } from "../shared/mount.js";
import { text } from "../shared/numbers.js";
import { savePicture } from "../shared/picture.js";
import { Said } from "../shared/said.js";
import { CELL_FORMULAS, cellLetter, LISTED_CELLS } from "./cell_formulas.js";
import { partsInWords } from "./cell_words.js";

const WIDE = 700;
const LARGEST = 360; // pixels of a map

const BETWEEN = { sum: "+", scale: "·" };

class CellView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.parts = partsOf(root);
    this.said = new Said();
    this.state = { row: 0, col: 0 };
    this.moves = new AtMostOnceAFrame(() => this.drawMove());
    this.drawn = 0;
    /** @type {HTMLElement} */ (root.querySelector("[data-do=picture]")).onclick = () =>
      savePicture(root, `${this.spec.kind}.png`);
  }

  fit() {
    this.draw();
  }

  close() {
    this.moves.cancel();
  }

  /**
   * @param {any} data
   * @param {Tell} tell
   */
  show(data, tell) {
    const { spec } = data;
    const before = this.spec;
    const [, rows, cols] = spec.shape;
    const { inputs, output } = unpack(data);
    this.spec = spec;
    /** @type {Tell} */
    this.tell = tell;
    /** @type {Float32Array} */
    this.inputs = inputs;
    /** @type {Float32Array} */
    this.output = output;
    /** @type {Record<string, number>} */
    this.numbers = Object.fromEntries(Object.entries(spec.numbers).map(([name, value]) => [name, Number(value)]));
    /** @type {Record<string, string>} */
    this.colours = { text: getComputedStyle(this.root).getPropertyValue("--st-text-color") || "#222" };
    const news = this.said.hear(spec.at);
    const size = (/** @type {any} */ s) => JSON.stringify(s.shape.slice(1));
    if (!before || news || size(before) !== size(spec)) {
      const at = spec.at ? spec.at.split(".").map(Number) : [Math.floor((rows - 1) / 2), Math.floor((cols - 1) / 2)];
      this.state = { row: Math.min(at[0], rows - 1), col: Math.min(at[1], cols - 1) };
    }
    const form = (/** @type {any} */ s) => JSON.stringify([s.kind, s.shape, s.names, s.numbers.own, s.linked]);
    if (!before || form(before) !== form(spec)) this.build();
    this.draw();
  }

  /**
   * What a map is called: its letter in the formula, and its name.
   * @param {number} i
   */
  caption(i) {
    const {
      kind,
      names,
      shape: [count],
    } = this.spec;
    const letter =
      i === count
        ? "y"
        : kind === "sum"
          ? cellLetter(i)
          : kind === "scale" && i
            ? "gate"
            : kind === "LocalResponseNorm" && i !== this.numbers.own
              ? "xⱼ"
              : "x";
    return `${letter} · ${names[i]}${letter === "x" && count > 1 && kind !== "scale" ? " (own channel)" : ""}`;
  }

  build() {
    const { spec } = this;
    const {
      kind,
      shape: [count, rows, cols],
      linked,
    } = spec;
    const keys = `Arrow keys move the cell, Home and End go to the ends of the row${linked ? ", Enter keeps it" : ""}.`;
    /** @type {MapBox[]} */
    this.maps = spec.names.map((/** @type {string} */ name, /** @type {number} */ i) => {
      const map = new MapBox(
        `${i < count ? "Input" : "Output"}, ${name}: ${rows} by ${cols} values. ${keys}`,
        this.caption(i),
      );
      map.figure.dataset.map = i < count ? "input" : "output";
      this.listen(map);
      return map;
    });
    const figures = this.maps.map((map) => map.figure);
    const inputs = figures.slice(0, count);
    const output = figures[count];
    this.curve = null;
    if (kind === "LocalResponseNorm") {
      /** @type {HTMLElement} */
      this.group = make("div", "inputs");
      this.group.append(...inputs);
      this.parts.stage.replaceChildren(this.group, this.sign("→", kind), output);
    } else if (kind in ACTIVATIONS) {
      this.curve = new Curve({ activation: kind });
      this.parts.stage.replaceChildren(...inputs, this.sign("→"), this.curve.figure, this.sign("→"), output);
    } else {
      const read = inputs.flatMap((figure, i) =>
        i ? [this.sign(BETWEEN[/** @type {keyof typeof BETWEEN} */ (kind)]), figure] : [figure],
      );
      this.parts.stage.replaceChildren(...read, kind === "BatchNorm2d" ? this.sign("→", kind) : this.sign("="), output);
    }
    this.root.setAttribute("aria-label", `Cell arithmetic: ${spec.names[count]}`);
    this.parts.symbols.textContent = CELL_FORMULAS[kind].symbols(count);
    this.parts.hint.textContent = `Point at a cell for its arithmetic${linked ? "; a click keeps it" : ""}.`;
  }

  /** @param {string} content */
  sign(content, name = "") {
    const sign = make("div", "sign", content);
    if (name) sign.append(make("span", "named", name));
    return sign;
  }

  /** How large the input maps and the output map may be, in pixels. */
  sides() {
    const {
      kind,
      shape: [count],
    } = this.spec;
    const space = this.width;
    const wide = space >= WIDE;
    const full = Math.min(LARGEST, space - 4);
    if (kind === "LocalResponseNorm" && count > 1) {
      const room = wide ? space - 430 : space;
      const across = Math.max(2, Math.min(count, Math.floor(room / 150)));
      this.group.style.maxWidth = `${room}px`;
      return [Math.min(190, room / across - 14), wide ? 260 : full];
    }
    const signs = kind in ACTIVATIONS ? 290 : kind === "BatchNorm2d" ? 140 : 60 * count;
    const side = wide ? Math.max(150, Math.min(LARGEST, (space - signs) / (count + 1))) : full;
    return [side, side];
  }

  draw() {
    const { spec } = this;
    const [count, rows, cols] = spec.shape;
    /** @type {number} */
    this.width = this.root.clientWidth;
    const sides = this.sides();
    this.maps.forEach((map, i) => {
      const side = sides[i < count ? 0 : 1];
      const { table, ...scale } = spec.scales[i];
      const at = i < count ? { values: this.inputs, offset: i * rows * cols } : { values: this.output };
      map.draw({ ...at, rows, cols, cell: cellSize(side, side, rows, cols), scale, table: TABLES[table] });
    });
    this.parts.note.textContent = spec.note;
    this.parts.note.hidden = !spec.note;
    this.drawMove();
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  /** @param {MapBox} map */
  listen(map) {
    map.over.onpointermove = map.over.onpointerdown = (event) => this.look(...map.at(event));
    map.over.onclick = (event) => {
      this.look(...map.at(event));
      this.keep();
    };
    map.over.onkeydown = (event) => {
      const by = walkOf(event);
      if (event.key === "Enter") this.keep();
      else if (!by) return;
      else this.look(this.state.row + by[0], this.state.col + by[1], true);
      event.preventDefault();
    };
  }

  /**
   * The first move is drawn at once; further ones before the next frame are drawn together, in it.
   * @param {number} row
   * @param {number} col
   */
  look(row, col, aloud = false) {
    const [, rows, cols] = this.spec.shape;
    const inside = (/** @type {number} */ at, /** @type {number} */ size) => Math.max(0, Math.min(size - 1, at));
    this.state = { row: inside(row, rows), col: inside(col, cols) };
    if (aloud) requestAnimationFrame(() => (this.parts.live.textContent = this.aloud()));
    this.moves.ask();
  }

  /** What stands at the cell in each input map. */
  here() {
    const {
      state: { row, col },
      spec: {
        shape: [count, rows, cols],
      },
    } = this;
    return Array.from({ length: count }, (_, i) => this.inputs[(i * rows + row) * cols + col]);
  }

  drawMove() {
    const {
      spec,
      state: { row, col },
    } = this;
    const inputs = this.here();
    /** @type {ReturnType<import("./cell_formulas.js").Formula["value"]>} */
    this.found = CELL_FORMULAS[spec.kind].value(this.numbers, inputs);
    for (const map of this.maps) {
      const around = map.cell < 5 ? (7 / map.cell - 1) / 2 : 0; // a cell of a pixel: a frame that can be seen
      map.clear();
      map.frame(row - around, col - around, 1 + 2 * around, 1 + 2 * around);
    }
    const { result, parts: all } = this.found;
    this.parts.place.textContent = `y[${row}, ${col}] = `;
    this.parts.terms.textContent = all.length ? `${partsInWords(all)} = ` : "";
    this.parts.result.textContent = text(result, 4);
    this.parts.result.dataset.value = result;
    // one value alone shows no form
    const reach = this.inputs.length === 1 ? Math.max(4, spec.scales[0].high) : spec.scales[0].high;
    this.curve?.draw(
      { activation: spec.kind, slope: this.numbers.negative_slope },
      { z: inputs[0], result },
      reach,
      this.colours,
    );
  }

  /** What the last key has reached, for those who hear it. */
  aloud() {
    const {
      spec: { names },
      state: { row, col },
      found,
    } = this;
    const values = this.here();
    const read =
      values.length > LISTED_CELLS ? "" : `${values.map((value, i) => `${names[i]} ${text(value, 3)}`).join(", ")}; `;
    return `Row ${row}, column ${col}: ${read}result ${text(found.result, 4)}`;
  }

  keep() {
    const at = `${this.state.row}.${this.state.col}`;
    if (this.spec.linked && this.said.say(at)) this.tell("at", at);
  }
}

export default await mounted(import.meta.url, CellView);
