// How a network learned: one slider over all moments, which the browser draws without asking the server.

import { unpack } from "../shared/arrays.js";
import { followed } from "../shared/follow.js";
import { mounted } from "../shared/mount.js";
import { text } from "../shared/numbers.js";
import { drawAccuracies, momentAt } from "./accuracy_curve.js";
import { AnswerCards } from "./answer_cards.js";
import { KernelTiles } from "./kernel_tiles.js";

const SECONDS = 6; // for all moments

class LearningFilm {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {Record<string, Float32Array>} */
    this.arrays = {};
    this.root = root;
    this.part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.curve = /** @type {HTMLCanvasElement} */ (this.part(".accuracies"));
    this.scrub = /** @type {HTMLInputElement} */ (this.part(".scrub"));
    this.button = /** @type {HTMLButtonElement} */ (this.part("[data-do=play]"));
    this.tiles = new KernelTiles(this.part(".kernels"));
    this.cards = new AnswerCards(this.part(".answers"));
    this.part(".answers").onclick = (event) => followed(event, (href) => this.tell?.("href", href));
    this.button.onclick = () => (this.playing ? this.pause() : this.play());
    this.scrub.oninput = () => {
      this.pause();
      this.go(Number(this.scrub.value));
    };
    this.curve.onpointerdown = (event) => this.point(event);
    this.curve.onpointermove = (event) => event.buttons && this.point(event);
    this.pause();
  }

  close() {
    this.pause();
  }

  fit() {
    this.layout();
  }

  get last() {
    return this.arrays.steps.length - 1;
  }

  /**
   * The film as it is now. It stays at the step that was shown, or at the end of a film that grows.
   * @param {any} data
   * @param {Tell} [tell]
   */
  show(data, tell) {
    this.tell = tell;
    /** @type {{ step: number, follows: boolean, live: boolean } | undefined} */
    const before = this.spec && {
      step: this.arrays.steps[/** @type {LearningFilm} */ (this).at],
      follows: /** @type {LearningFilm} */ (this).at === this.last && !this.playing,
      live: this.spec.live,
    };
    this.spec = data.spec;
    /** @type {Record<string, Float32Array>} */
    this.arrays = unpack(data);
    const { title, live, kernels, top } = this.spec;
    if (!before || (before.follows && (live || before.live))) this.at = this.last;
    else this.at = this.nearest(before.step);
    if (this.playing) this.play(); // from here, at the pace of the new number of moments
    this.root.dataset.moments = String(this.last + 1);
    this.root.setAttribute("aria-label", title);
    this.part(".title").textContent = title;
    /** @type {TakesNumbers} */ (this.scrub).max = this.last;
    this.scrub.disabled = this.button.disabled = !this.last;
    this.tiles.show(this.arrays.kernels, kernels, top);
    this.cards.show(this.spec, this.arrays);
    this.layout();
  }

  /**
   * The moment at a step, or else the one nearest to it.
   * @param {number} step
   */
  nearest(step) {
    const { steps } = this.arrays;
    let found = 0;
    for (let i = 1; i < steps.length; i++) if (Math.abs(steps[i] - step) <= Math.abs(steps[found] - step)) found = i;
    return found;
  }

  layout() {
    /** @type {number} */
    this.width = this.root.clientWidth;
    this.tiles.layout();
    this.go(this.at);
  }

  /** @param {number} at */
  go(at) {
    const { spec, arrays } = this;
    const words = this.words(at);
    /** @type {number} */
    this.at = at;
    /** @type {TakesNumbers} */ (this.root).dataset.at = at;
    /** @type {TakesNumbers} */ (this.scrub).value = at;
    this.scrub.setAttribute("aria-valuetext", words);
    this.part(".moment").textContent = words;
    this.part(".hint").textContent = !spec.live
      ? ""
      : at === this.last
        ? "Follows the run."
        : "The run goes on: move the slider to its end to follow.";
    const { accuracies, epochs } = arrays;
    drawAccuracies(this.curve, Math.max(160, this.width), { accuracies, epochs, at, colour: spec.colour });
    this.curve.setAttribute(
      "aria-label",
      `Share of ${spec.sample} ${spec.of} images answered right, over ${this.last + 1} moments; ` +
        `here ${this.percent(at) || "not known"}`,
    );
    this.tiles.draw(at, words);
    this.cards.draw(at);
  }

  /** @param {number} at */
  percent(at) {
    const share = this.arrays.accuracies[at];
    return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "";
  }

  /** @param {number} at */
  words(at) {
    const { steps, epochs } = this.arrays;
    const percent = this.percent(at);
    const parts = [`epoch ${text(epochs[at])}`, `step ${steps[at]}`];
    if (!steps[at]) parts.push("untrained");
    if (percent) parts.push(`${percent} of ${this.spec.sample} ${this.spec.of} images`);
    return parts.join(" · ");
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.curve.getBoundingClientRect();
    const enlarged = box.width / this.curve.offsetWidth || 1; // by the projector
    this.pause();
    this.go(momentAt((event.clientX - box.left) / enlarged, this.last + 1, this.curve.offsetWidth));
  }

  /** Through all moments that are left, from the first where none is; each as long as the whole film's pace. */
  play() {
    cancelAnimationFrame(this.playing);
    const from = this.at === this.last ? 0 : this.at;
    const pace = (1000 * SECONDS) / this.last;
    const start = performance.now();
    const tick = (/** @type {number} */ now) => {
      const at = Math.min(this.last, from + Math.max(0, Math.floor((now - start) / pace)));
      if (at !== this.at) this.go(at);
      if (at === this.last) this.pause();
      else this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
    this.say("❚❚ Pause");
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.say("▶ Play");
  }

  /** @param {string} words */
  say(words) {
    if (this.button.textContent !== words) this.button.textContent = words;
  }
}

export default await mounted(import.meta.url, LearningFilm);
