// One unit of a Linear layer: what each map or feature adds, and the sum of it all.

import { make } from "../shared/dom.js";
import { activationOf } from "../shared/activations.js";
import { Curve } from "../shared/curve.js";
import { text } from "../shared/numbers.js";
import { ProductMaps } from "./product_maps.js";
import { TermList } from "./term_list.js";
import { linearSums, productsOf, together } from "./term_sums.js";
import { decimals, inBrackets, joined, largest, markTerms, namedNumber, signedBar, termSpan } from "./term_words.js";

const FIRST_MAPS = 12;
const FIRST_FEATURES = 16;
const IN_FORMULA = 4; // terms by name

export class LinearTerms {
  /**
   * @param {TermsView} host
   * @param {{ spec: LinearSpec, arrays: Record<string, Float32Array> }} options
   */
  constructor(host, { spec, arrays }) {
    const { x, weight, bias } = arrays;
    this.host = host;
    this.spec = spec;
    this.arrays = arrays;
    this.size = spec.maps ? spec.maps[1] * spec.maps[2] : 1;
    this.found = linearSums(x, weight, bias[0], this.size);
    this.count = this.found.adds.length;
    this.usual = this.found.order[0];
    this.top = largest(this.found.adds);
    this.digits = decimals(this.top);
    this.kind = spec.maps ? "map" : "feature";
    this.picture = "linear";
    this.build();
  }

  /** @param {number} index */
  name(index) {
    return this.spec.names[index] || `${this.kind} ${index}`;
  }

  build() {
    const { host, spec, count } = this;
    const { stage, title, curve } = host.parts;
    const first = spec.maps ? FIRST_MAPS : FIRST_FEATURES;
    const many = `${count} ${this.kind}${count === 1 ? "" : "s"}`;
    const each = count === 1 ? `its ${this.kind} adds` : `each of ${many} adds, the strongest first`;
    title.textContent = `${spec.unit}: what ${each}`;
    /** @type {TermList} */
    this.list = new TermList(`${many}, by what they add to ${spec.unit}`, {
      fill: (index) => this.row(index),
      look: (change, aloud) => host.look(change, aloud),
      keep: (index) => host.keep(index),
    });
    this.list.root.classList.add(spec.maps ? "by-map" : "by-feature");
    this.list.show(this.found.order, first, host.kept ?? this.usual);
    const left = make("div", "rows");
    left.append(this.list.root);
    if (count > first) left.append(host.allButton(`Show all ${count}`, this.list));
    stage.className = "stage linear";
    stage.append(left);
    if (spec.maps) {
      this.maps = new ProductMaps(spec.maps, (cell, aloud) => host.look({ cell }, aloud));
      stage.append(this.maps.root);
    }
    if (spec.activation) {
      this.curve = new Curve(spec);
      curve.append(this.curve.figure);
    }
    this.write();
  }

  /** @param {number} index */
  row(index) {
    const adds = this.found.adds[index];
    const { x, weight } = this.arrays;
    const name = make("span", "name", this.name(index));
    name.title = this.name(index);
    const factors = this.spec.maps
      ? []
      : [make("span", "factors", `${text(x[index])} · ${inBrackets(weight[index], 3)} =`)];
    const value = make("span", "adds", text(adds, this.digits));
    value.dataset.value = String(adds);
    return [name, ...factors, value, signedBar(adds, this.top)];
  }

  write() {
    const { spec, found, digits } = this;
    const { formula } = this.host.parts;
    const shown = found.order.slice(0, this.count <= IN_FORMULA + 1 ? this.count : IN_FORMULA);
    const terms = shown.map((index) =>
      termSpan(index, namedNumber(inBrackets(found.adds[index], digits), this.name(index))),
    );
    const rest = together(found.adds, found.order.slice(shown.length));
    if (rest.count) terms.push(termSpan("rest", namedNumber(inBrackets(rest.sum, digits), `the other ${rest.count}`)));
    const bias = namedNumber(inBrackets(found.bias, digits), "bias");
    const z = make("strong");
    const result = make("strong");
    bias.dataset.value = String(found.bias);
    z.dataset.role = "z";
    result.dataset.role = "result";
    /** @type {number} */
    this.result = activationOf(spec).f(found.z, spec.slope);
    z.dataset.value = String(found.z);
    result.dataset.value = String(this.result);
    result.textContent = text(this.result, 4);
    formula.replaceChildren(
      "z = ",
      ...joined([...terms, bias], " + "),
      " = ",
      z,
      ...(spec.activation ? [make("span", "then", `${spec.activation}(z) = `)] : []),
      result,
    );
    if (spec.activation) z.textContent = text(found.z, 4);
  }

  /** @param {number} width */
  draw(width) {
    if (this.maps) this.room = width >= 760 ? width - Math.min(430, 0.4 * width) - 32 : width;
    /** @type {number | null} */
    this.at = null;
    if (this.curve) {
      const top = Number.isFinite(this.found.z) ? Math.max(1, 1.5 * Math.abs(this.found.z)) : 1;
      this.curve.draw(this.spec, { z: this.found.z, result: this.result }, top, this.host.colours);
    }
  }

  /**
   * Show what one looks at: a map or a feature, and in a map perhaps a cell.
   * @param {number} kept
   * @param {number} index
   * @param {Place | null} cell
   */
  look(kept, index, cell) {
    this.list.mark(kept, index);
    markTerms(this.host.parts.formula, index);
    if (!this.maps) return;
    if (this.at !== index) this.maps.draw(index, this.arrays, this.spec.scales, /** @type {number} */ (this.room));
    this.at = index;
    this.maps.mark(cell);
    this.maps.title.textContent = `${this.name(index)} adds ${text(this.found.adds[index], this.digits)}`;
  }

  /**
   * @param {number} index
   * @param {Place | null} [cell]
   */
  words(index, cell) {
    const { x, weight } = this.arrays;
    const { adds, order } = this.found;
    const product = (/** @type {number} */ at) =>
      `${text(x[at], 4)} × ${inBrackets(weight[at], 4)} = ${text(x[at] * weight[at], 4)}`;
    if (cell) {
      const at = index * this.size + cell[0] * /** @type {number[]} */ (this.spec.maps)[2] + cell[1];
      return `${this.name(index)}, row ${cell[0]}, column ${cell[1]}: ${product(at)}`;
    }
    const rank = this.count > 1 ? `, number ${order.indexOf(index) + 1} of ${this.count} by size` : "";
    if (!this.maps) return `${this.name(index)}: ${product(index)}${rank}`;
    const { active } = productsOf(x, weight, index, this.size);
    const products = this.size === 1 ? "1 product" : `${this.size} products`;
    const sum = `the sum of ${products} of x and w, ${active} of them not 0`;
    return `${this.name(index)} adds ${text(adds[index], 4)}${rank}: ${sum}`;
  }
}
