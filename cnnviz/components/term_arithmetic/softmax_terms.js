// The softmax: every class's e^z, and the chosen one's share of their sum.

import { make } from "../shared/dom.js";
import { text } from "../shared/numbers.js";
import { TermList } from "./term_list.js";
import { ALL_WRITTEN, softmaxSums, writtenTerms } from "./term_sums.js";
import {
  amount,
  fraction,
  inBrackets,
  joined,
  markTerms,
  percent,
  power,
  probability,
  shareBar,
  termSpan,
} from "./term_words.js";

const FIRST_CLASSES = 10;

export class SoftmaxTerms {
  /**
   * @param {TermsView} host
   * @param {{ spec: { names: string[] }, arrays: Record<string, Float32Array> }} options
   */
  constructor(host, { spec, arrays }) {
    this.host = host;
    this.spec = spec;
    this.logits = arrays.logits;
    this.found = softmaxSums(this.logits);
    this.count = this.logits.length;
    this.usual = 0;
    this.picture = "softmax";
    this.build();
  }

  /** @param {number} index */
  name(index) {
    return this.spec.names[index] || `class ${index}`;
  }

  /**
   * A logit as it stands in the exponent.
   * @param {number} index
   */
  exponent(index) {
    return text(this.logits[index] - this.found.shift, 2);
  }

  build() {
    const { host, count, found } = this;
    const { stage, title, note } = host.parts;
    const few = count <= ALL_WRITTEN;
    title.textContent = few ? `Softmax of ${count} logits` : `Softmax of ${count} logits, the most probable first`;
    note.hidden = found.shift === 0;
    note.textContent = found.shift
      ? "All logits minus the largest first: it changes nothing, " +
        `and e^${text(found.shift)} is beyond what a computer's number holds.`
      : "";
    /** @type {TermList} */
    this.list = new TermList(`${count} classes and their probabilities`, {
      fill: (index) => this.row(index),
      look: (change, aloud) => host.look(change, aloud),
      keep: (index) => host.keep(index),
    });
    const order = few ? Array.from(this.logits.keys()) : found.order;
    this.list.show(order, few ? count : FIRST_CLASSES, host.kept ?? this.usual);
    const head = make("div", "head");
    const rows = make("div", "rows");
    const above = power(found.shift ? `logit − ${inBrackets(found.shift)}` : "logit");
    head.setAttribute("aria-hidden", "true");
    head.append(make("span", "name", "class"), make("span", "", "logit"), above, make("span", "share", "probability"));
    rows.append(head, this.list.root);
    if (!few) rows.append(host.allButton(`Show all ${count}`, this.list));
    stage.className = "stage softmax";
    stage.append(rows);
  }

  /** @param {number} index */
  row(index) {
    const { powers, shares } = this.found;
    const name = make("span", "name", this.name(index));
    const share = make("span", "share");
    name.title = this.name(index);
    share.append(shareBar(shares[index]), make("span", "percent", percent(shares[index])));
    share.dataset.value = String(shares[index]);
    return [name, make("span", "", text(this.logits[index])), make("span", "", amount(powers[index])), share];
  }

  draw() {}

  /**
   * @param {number} kept
   * @param {number} index
   */
  look(kept, index) {
    const { formula } = this.host.parts;
    this.list.mark(kept, index);
    if (this.written !== kept) this.write(kept);
    markTerms(formula, index);
  }

  /**
   * The formula of one class: in letters, with every logit, with the sums.
   * @param {number} chosen
   */
  write(chosen) {
    const { powers, sum, shares } = this.found;
    const { formula } = this.host.parts;
    const { places, rest } = writtenTerms(this.found, chosen);
    this.written = chosen;
    const term = (/** @type {number} */ index) => {
      const span = termSpan(index, power(this.exponent(index)));
      span.title = this.name(index);
      span.classList.toggle("chosen", index === chosen);
      return span;
    };
    const below = places.map(term);
    if (rest.count) below.push(termSpan("rest", `… ${rest.count} more that add up to ${amount(rest.sum)}`));
    const letter = (/** @type {string} */ of) => {
      const span = power("");
      /** @type {Element} */ (span.lastChild).append("z", make("sub", "", of));
      return span;
    };
    const ends =
      this.count > 2
        ? [letter("0"), letter("1"), ...(this.count > 3 ? ["…"] : []), letter(String(this.count - 1))]
        : Array.from(this.logits.keys(), (i) => letter(String(i)));
    const result = make("strong", "", probability(shares[chosen]));
    result.dataset.role = "result";
    result.dataset.value = String(shares[chosen]);
    const parts = [
      fraction([letter(String(chosen))], joined(ends, " + ")),
      fraction([term(chosen)], joined(below, " + ")),
      fraction([amount(powers[chosen])], [amount(sum)]),
    ];
    formula.replaceChildren(
      `p(${this.name(chosen)}) = `,
      ...joined(parts, " = "),
      " = ",
      result,
      ` = ${percent(shares[chosen])}`,
    );
  }

  /** @param {number} index */
  words(index) {
    const { powers, sum, shares, order, shift } = this.found;
    const minus = shift ? ` − ${inBrackets(shift)}` : "";
    const place = `number ${order.indexOf(index) + 1} of ${this.count}`;
    const logit = this.logits[index];
    const raised = `e^(${text(logit, 2)}${minus}) = ${amount(powers[index])}`;
    const share = `divided by ${amount(sum)}: ${percent(shares[index])}`;
    return `${this.name(index)}: logit ${text(logit, 4)}, ${raised}, ${share}, ${place}`;
  }
}
