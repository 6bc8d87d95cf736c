// The arithmetic of a unit or of a class: what one looks at, and what the address hears of it. Looking around never
// calls the server.

import { unpack } from "../shared/arrays.js";
import { make, partsOf } from "../shared/dom.js";
import { mounted } from "../shared/mount.js";
import { savePicture } from "../shared/picture.js";
import { Said } from "../shared/said.js";
import { LinearTerms } from "./linear_terms.js";
import { SoftmaxTerms } from "./softmax_terms.js";

const FACES = { linear: LinearTerms, softmax: SoftmaxTerms };

/** @typedef {PointerEvent & { target: Element }} Pointed */

class TermArithmetic {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.parts = partsOf(root);
    this.said = new Said();
    /** @type {number | null} */
    this.kept = null; // null: the usual one
    /** @type {TermsLook} */
    this.at = { over: null, focus: null, cell: null };
    this.drawn = 0;
    /** @type {HTMLElement} */ (root.querySelector("[data-do=picture]")).onclick = () =>
      savePicture(root, `${this.face.picture}.png`);
    const { formula } = this.parts;
    const term = (/** @type {Pointed} */ event) => {
      const of = /** @type {HTMLElement | null} */ (event.target.closest("[data-term]"))?.dataset.term;
      return of === undefined || of === "rest" ? null : Number(of);
    };
    formula.onpointermove = (/** @type {Pointed} */ event) => this.look({ over: term(event) });
    formula.onpointerleave = () => this.look({ over: null });
    formula.onclick = (/** @type {Pointed} */ event) =>
      term(event) !== null && this.keep(/** @type {number} */ (term(event)));
  }

  fit() {
    this.draw();
  }

  /**
   * @param {any} data
   * @param {Tell} tell
   */
  show(data, tell) {
    this.tell = data.view.linked ? (/** @type {string} */ at) => tell("at", at) : null;
    const style = getComputedStyle(this.root);
    /** @type {Record<string, string>} */
    this.colours = { text: style.getPropertyValue("--st-text-color") || "#222" };
    const news = this.said.hear(data.view.at);
    const holds = JSON.stringify([data.spec, data.arrays]);
    if (!this.face || news) this.kept = data.view.at === "" ? null : Number(data.view.at);
    if (holds !== this.holds) this.build(data); // else the keyboard stays where it is
    /** @type {string | undefined} */
    this.holds = holds;
    this.draw();
  }

  /** @param {any} data */
  build(data) {
    const { spec } = data;
    const { stage, formula, curve, note } = this.parts;
    const focused = /** @type {{ face?: LinearTerms | SoftmaxTerms }} */ (this).face?.list.hasFocus
      ? this.at.focus
      : null;
    stage.replaceChildren();
    formula.replaceChildren();
    curve.replaceChildren();
    note.hidden = true;
    this.at = { over: null, focus: null, cell: null };
    /** @type {LinearTerms | SoftmaxTerms} */
    this.face = new FACES[/** @type {keyof typeof FACES} */ (spec.face)](this, { spec, arrays: unpack(data) });
    if (this.kept !== null && this.kept >= this.face.count) this.kept = null;
    this.root.setAttribute("aria-label", this.parts.title.textContent);
    this.root.dataset.face = spec.face;
    if (focused !== null) this.face.list.focusOn(focused);
  }

  /**
   * @param {string} label
   * @param {import("./term_list.js").TermList} list
   */
  allButton(label, list) {
    const button = make("button", "everything not-in-picture", label);
    button.type = "button";
    button.onclick = () => {
      button.remove();
      list.all(this.kept ?? this.face.usual);
    };
    return button;
  }

  draw() {
    this.width = this.root.clientWidth;
    this.root.classList.toggle("wide", this.width >= 760);
    this.face.draw(this.width);
    this.mark();
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  /** @param {Partial<TermsLook>} change */
  look(change, aloud = false) {
    if (
      Object.entries(change).every(
        ([name, value]) => String(this.at[/** @type {keyof TermsLook} */ (name)]) === String(value),
      )
    )
      return;
    Object.assign(this.at, change);
    this.mark();
    if (aloud) this.parts.live.textContent = this.parts.read.textContent;
  }

  mark() {
    if (!this.face) return;
    const { over, focus, cell } = this.at;
    const kept = this.kept ?? this.face.usual;
    const index = over ?? focus ?? kept;
    this.face.look(kept, index, cell);
    this.parts.read.textContent = this.face.words(index, cell);
    Object.assign(this.root.dataset, { kept, looked: index });
  }

  /** @param {number} index */
  keep(index) {
    if (index === (this.kept ?? this.face.usual)) return;
    this.kept = index;
    this.mark();
    if (this.tell && this.said.say(String(index))) this.tell(String(index));
  }
}

export default await mounted(import.meta.url, TermArithmetic);
