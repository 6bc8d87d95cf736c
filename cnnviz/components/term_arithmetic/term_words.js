// Numbers and terms as they are written, and the bars beside them.

import { make } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { text } from "../shared/numbers.js";

/** @param {number} value */
export const inBrackets = (value, digits = 2) => (value < 0 ? `(${text(value, digits)})` : text(value, digits));

/**
 * As many decimals as numbers of this size need, for all the numbers that stand together.
 * @param {number} size
 */
export const decimals = (size) => (size >= 10 || !Number.isFinite(size) ? 2 : size >= 0.1 ? 3 : 4);

/**
 * A number that is never negative and may be of any size.
 * @param {number} value
 */
export const amount = (value) => text(value, value >= 1e3 ? 1 : value >= 1 ? 2 : 4);

/** @param {number} share */
export const percent = (share) => `${text(100 * share, share >= 0.01 ? 1 : share >= 0.0001 ? 2 : 4)}\u00a0%`;

/** @param {number} share */
export const probability = (share) => text(share, share >= 0.01 ? 4 : 6);

/**
 * The largest size among the values that are finite.
 * @param {Numbers} values
 */
export function largest(values) {
  let top = 0;
  for (const value of values) if (Number.isFinite(value) && Math.abs(value) > top) top = Math.abs(value);
  return top;
}

/**
 * A term of a formula that belongs to a row, or to all rows that are not written ("rest").
 * @param {number | string} of
 * @param {...(Node | string)} content
 */
export function termSpan(of, ...content) {
  const span = make("span", "term");
  span.dataset.term = String(of);
  span.append(...content);
  return span;
}

/**
 * A number of a sum with its name below it.
 * @param {string} value
 * @param {string} name
 */
export function namedNumber(value, name) {
  const both = make("span", "named");
  const label = make("span", "label", name);
  label.title = name;
  both.append(make("span", "", value), label);
  return both;
}

/** @param {string} exponent */
export function power(exponent) {
  const span = make("span", "power", "e");
  span.append(make("sup", "", exponent));
  return span;
}

/** @param {(Node | string)[]} above @param {(Node | string)[]} below */
export function fraction(above, below) {
  const line = make("span", "fraction");
  const top = make("span", "above");
  const bottom = make("span", "below");
  top.append(...above);
  bottom.append(...below);
  line.append(top, make("span", "unseen", " divided by "), bottom);
  return line;
}

/**
 * Put `between` between the parts.
 * @param {(Node | string)[]} parts
 * @param {string} between
 */
export const joined = (parts, between) => parts.flatMap((part, i) => (i ? [between, part] : [part]));

/**
 * Mark the terms of the row that one looks at; a row without a term of its own is in the rest.
 * @param {HTMLElement} formula
 * @param {number | null} index
 */
export function markTerms(formula, index) {
  const terms = /** @type {HTMLElement[]} */ ([...formula.querySelectorAll("[data-term]")]);
  const own = terms.some((term) => term.dataset.term === String(index));
  for (const term of terms)
    term.classList.toggle("looked", index !== null && term.dataset.term === (own ? String(index) : "rest"));
}

/**
 * A bar from a middle line: to the right where positive; `top` fills a half.
 * @param {number} value
 * @param {number} top
 */
export function signedBar(value, top) {
  const bar = make("span", "signed-bar");
  const fill = make("span", "fill");
  const share = Number.isNaN(value) ? 0 : Math.min(1, Math.abs(value) / (top || 1));
  fill.style.width = `${50 * share}%`;
  fill.style[value < 0 ? "right" : "left"] = "50%";
  fill.style.background = TABLES.activations.css[value < 0 ? 56 : 199];
  bar.append(fill);
  return bar;
}

/**
 * A bar from the left for a share of 1.
 * @param {number} share
 */
export function shareBar(share) {
  const bar = make("span", "share-bar");
  const fill = make("span", "fill");
  fill.style.width = `${Number.isFinite(share) ? 100 * share : 0}%`;
  bar.append(fill);
  return bar;
}
