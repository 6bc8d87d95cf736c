// A strip of images, each with its true class and what the network says of it at one moment.

import { sized } from "../shared/maps.js";
import { pictureOf } from "../shared/pixels.js";

const PICTURE = 84;
const LONG_NAME = 11;

export class AnswerCards {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.figure = figure;
    this.list = /** @type {HTMLElement} */ (figure.querySelector("ul"));
  }

  /** @param {any} spec @param {Record<string, Float32Array>} arrays */
  show(spec, { images, answers }) {
    this.spec = spec;
    /** @type {Float32Array} */
    this.answers = answers;
    const name = (/** @type {number} */ label) => spec.names[label] ?? `class ${label}`;
    /** @type {(label: number) => string} */
    this.name = name;
    this.figure.classList.toggle(
      "long",
      [...Array(spec.classes).keys(), ...spec.labels].some((label) => name(label).length > LONG_NAME),
    );
    /** @type {HTMLElement} */ (this.figure.querySelector(".without")).hidden = spec.images[2] > 0;
    /** @type {ReturnType<AnswerCards["card"]>[]} */
    this.cards = spec.labels.map((/** @type {number} */ label, /** @type {number} */ i) =>
      this.card(name(label), images, i),
    );
    this.list.replaceChildren(...this.cards.map(({ card }) => card));
  }

  /**
   * @param {string} truth
   * @param {Float32Array} images
   * @param {number} i
   */
  card(truth, images, i) {
    const make = (/** @type {string} */ tag, name = "", content = "") => {
      const element = document.createElement(tag);
      element.className = name;
      element.textContent = content;
      return element;
    };
    const card = make("li");
    const says = make("span", "says");
    const share = make("span", "share");
    const filled = make("i");
    const verdict = make("span", "verdict");
    const bar = make("span", "probability");
    const line = make("span", "line");
    bar.append(filled);
    line.append(bar, share);
    const picture = this.spec.images[2] ? [this.linked(this.picture(images, i, truth), i)] : [];
    const answer = make("span", "name");
    says.append(make("span", "word", "says "), answer);
    const is = make("span", "truth");
    is.append(make("span", "word", "is "), make("b", "name", truth));
    card.append(...picture, is, says, line, verdict);
    return { card, answer, share, filled, verdict };
  }

  /**
   * The picture, as a link where it leads somewhere.
   * @param {HTMLCanvasElement} canvas
   * @param {number} i
   */
  linked(canvas, i) {
    const href = this.spec.links?.[i];
    if (!href) return canvas;
    const link = document.createElement("a");
    link.href = href;
    link.title = "Follow it through the network";
    link.append(canvas);
    return link;
  }

  /**
   * The picture itself, enlarged to whole pixels where it is small.
   * @param {Float32Array} images
   * @param {number} i
   * @param {string} truth
   */
  picture(images, i, truth) {
    const [, channels, rows, cols] = this.spec.images;
    const small = pictureOf(images, [channels, rows, cols], i * channels * rows * cols);
    const fits = PICTURE / Math.max(rows, cols);
    const enlarged = fits >= 1 ? Math.round(fits) : fits;
    const canvas = document.createElement("canvas");
    const pen = sized(canvas, cols * enlarged, rows * enlarged);
    pen.imageSmoothingEnabled = enlarged < 1;
    pen.drawImage(small, 0, 0, cols * enlarged, rows * enlarged);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${this.spec.of[0].toUpperCase()}${this.spec.of.slice(1)} image ${i}: ${truth}`);
    return canvas;
  }

  /** @param {number} at */
  draw(at) {
    const { classes, labels } = this.spec;
    let right = 0;
    this.cards.forEach(({ card, answer, share, filled, verdict }, i) => {
      const start = (at * labels.length + i) * classes;
      let best = 0;
      for (let c = 1; c < classes; c++) if (!(this.answers[start + c] <= this.answers[start + best])) best = c;
      const probability = this.answers[start + best];
      const known = Number.isFinite(probability);
      const isRight = known && best === labels[i];
      right += Number(isRight);
      answer.textContent = known ? this.name(best) : "nothing: NaN";
      share.textContent = known ? `${Math.round(100 * probability)} %` : "–";
      filled.style.width = `${known ? 100 * probability : 0}%`;
      verdict.textContent = isRight ? "✓ right" : "✗ wrong";
      /** @type {TakesNumbers} */ (card).dataset.right = isRight;
    });
    /** @type {HTMLElement} */ (this.figure.querySelector("figcaption")).textContent =
      `Answers for ${labels.length} ${this.spec.of} images: ${right} right`;
  }
}
