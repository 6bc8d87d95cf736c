// A list of terms: rows are made only for what is shown. The Tab key reaches one row, the arrow keys go on from there.

import { make } from "../shared/dom.js";

const MORE = 100; // rows made at once where one scrolls through all

/** @typedef {{ kept?: number, looked?: number, stop?: number }} Marks */
/**
 * @typedef {object} Hearers
 * @property {(index: number) => (Node | string)[]} fill
 * @property {(change: Partial<TermsLook>, aloud?: boolean) => void} look
 * @property {(index: number) => void} keep
 */

export class TermList {
  /**
   * `fill(index)` gives the parts of a row; `look(index or null, by key)` and `keep(index)` hear what the user does.
   * @param {string} label
   * @param {Hearers} hearers
   */
  constructor(label, { fill, look, keep }) {
    this.fill = fill;
    this.look = look;
    this.keep = keep;
    /** @type {number | undefined} */
    this.stop = undefined; // the one row that the Tab key reaches
    this.root = make("div", "list");
    this.root.setAttribute("role", "listbox");
    this.root.setAttribute("aria-label", label);
    this.root.onpointermove = (event) => this.under(event, (index) => look({ over: index }));
    this.root.onpointerleave = () => look({ over: null });
    this.root.onclick = (event) => this.under(event, keep);
    this.root.addEventListener("focusin", (event) => this.under(event, (index) => this.reach(index)));
    this.root.addEventListener("focusout", () => look({ focus: null }));
    this.root.onkeydown = (event) => this.key(event);
    this.root.onscroll = () => this.root.scrollTop + 2 * this.root.clientHeight > this.root.scrollHeight && this.more();
  }

  /**
   * @param {Event} event
   * @param {(index: number) => void} then
   */
  under(event, then) {
    /** @type {HTMLElement | null} */
    const row = /** @type {Element} */ (event.target).closest("[role=option]");
    if (row) then(Number(row.dataset.at));
  }

  /**
   * The first rows of `order`, and the row of `kept` wherever it stands.
   * @param {number[]} order
   * @param {number} first
   * @param {number} kept
   */
  show(order, first, kept) {
    /** @type {number[]} */
    this.order = order;
    /** @type {Map<number | undefined, HTMLElement>} */
    this.rows = new Map();
    /** @type {number} */
    this.next = 0;
    this.root.replaceChildren();
    this.more(first);
    if (!this.rows.has(kept)) this.add(order.indexOf(kept));
    this.mark(kept, kept);
  }

  /**
   * Go on with all rows.
   * @param {number} kept
   */
  all(kept) {
    const focused = this.order[this.next];
    this.root.classList.add("long");
    if (!this.rows.has(focused)) this.more(1);
    this.more();
    this.mark(kept, kept);
    /** @type {HTMLElement} */ (this.rows.get(focused)).focus({ preventScroll: true });
  }

  more(count = MORE) {
    const end = Math.min(this.order.length, this.next + count);
    for (; this.next < end; this.next++) {
      const old = this.rows.get(this.order[this.next]); // the row kept, which stood at the end
      old ? this.root.append(old) : this.add(this.next);
    }
  }

  /** @param {number} place */
  add(place) {
    const index = this.order[place];
    const row = make("div", "row");
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    /** @type {TakesNumbers} */ (row).setAttribute("aria-posinset", place + 1);
    /** @type {TakesNumbers} */ (row).setAttribute("aria-setsize", this.order.length);
    row.tabIndex = -1;
    /** @type {TakesNumbers} */ (row).dataset.at = index;
    row.append(...this.fill(index));
    this.root.append(row);
    this.rows.set(index, row);
  }

  /**
   * The row that is kept, and the one that one looks at.
   * @param {number} kept
   * @param {number} looked
   */
  mark(kept, looked) {
    this.swap("kept", kept, (row, on) => row.setAttribute("aria-selected", String(on)));
    this.swap("looked", looked, (row, on) => row.classList.toggle("looked", on));
    if (this.rows.get(this.stop)?.tabIndex !== 0 || !this.hasFocus) this.stopAt(kept);
  }

  /**
   * @param {keyof Marks} name
   * @param {number} index
   * @param {(row: HTMLElement, on: boolean) => void} set
   */
  swap(name, index, set) {
    const before = this.rows.get(/** @type {Marks} */ (this)[name]);
    const now = this.rows.get(index);
    if (before && before !== now) set(before, false);
    if (now) set(now, true);
    /** @type {Marks} */ (this)[name] = index;
  }

  get hasFocus() {
    return this.root.contains(/** @type {ShadowRoot} */ (this.root.getRootNode()).activeElement);
  }

  /** @param {number} index */
  stopAt(index) {
    this.swap("stop", this.rows.has(index) ? index : this.order[0], (row, on) => (row.tabIndex = on ? 0 : -1));
  }

  /** @param {number} index */
  reach(index) {
    this.stopAt(index);
    this.look({ focus: index, over: null }, true);
  }

  /** @param {number} index */
  focusOn(index) {
    /** @type {HTMLElement} */ (this.rows.get(index) || this.rows.get(this.stop)).focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {HTMLElement | null} */
    const row = /** @type {Element} */ (event.target).closest("[role=option]");
    if (!row) return;
    if (event.key === "Enter" || event.key === " ") this.keep(Number(row.dataset.at));
    else {
      const isLong = this.root.classList.contains("long");
      if (isLong && event.key === "End") this.more(Infinity);
      else if (isLong && event.key === "ArrowDown" && !row.nextElementSibling) this.more();
      const to = /** @type {Record<string, Element | null>} */ ({
        ArrowDown: row.nextElementSibling,
        ArrowUp: row.previousElementSibling,
        Home: this.root.firstElementChild,
        End: this.root.lastElementChild,
      })[event.key];
      if (to === undefined) return;
      /** @type {HTMLElement | null} */ (to)?.focus();
    }
    event.preventDefault();
  }
}
