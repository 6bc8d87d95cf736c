// Learning curves that grow: each update draws all points into the canvases that are there.

import { unpack } from "../shared/arrays.js";
import { sized } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { text } from "../shared/numbers.js";

const HEIGHT = 260;
const LEFT = 48;
const BOTTOM = 40;
const TOP = 8;
const RIGHT = 10;

/**
 * A round step (1, 2 or 5 times a power of ten) that divides a span into about five.
 * @param {number} span
 */
function roundStep(span) {
  const power = 10 ** Math.floor(Math.log10(span / 5));
  return power * /** @type {number} */ ([1, 2, 5, 10].find((n) => n * power >= span / 5));
}

/**
 * @typedef {object} CurvesData
 * @property {CurvesSpec} spec
 */
/**
 * @typedef {object} CurvesSpec
 * @property {number} epochs
 * @property {number} epoch
 * @property {Record<string, string>} colours
 * @property {string[]} dotted
 * @property {number} pale
 * @property {number | null} [loss_top]
 */

class LiveCurves {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {any} data */
  show(data) {
    /** @type {CurvesData} */
    this.data = data;
    /** @type {Record<string, Float32Array>} */
    this.arrays = unpack(data);
    this.draw();
  }

  fit() {
    this.draw();
  }

  draw() {
    this.width = this.root.clientWidth;
    for (const figure of this.root.querySelectorAll("figure"))
      if (figure.dataset.what === "rate") this.drawRate(figure);
      else this.drawCurves(figure, figure.dataset.what);
    /** @type {TakesNumbers} */ (this.root).dataset.points = this.arrays.loss_train_x.length; // tests wait for it
  }

  /**
   * An empty figure with its axes; ``top`` is the largest value.
   * @param {HTMLElement} figure
   * @param {number} top
   * @param {(value: number) => string | number} shown
   */
  axes(figure, top, shown) {
    const { epochs } = this.data.spec;
    const canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas"));
    const width = Math.max(200, figure.clientWidth);
    const pen = sized(canvas, width, HEIGHT);
    const style = getComputedStyle(this.root);
    const x = (/** @type {number} */ epoch) => LEFT + ((width - LEFT - RIGHT) * epoch) / epochs;
    const y = (/** @type {number} */ value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    pen.font = `13px ${style.fontFamily}`;
    pen.fillStyle = style.color;
    pen.strokeStyle = "rgba(128,128,128,.3)";
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (let value = 0, step = roundStep(top); value <= top * 1.001; value += step) {
      pen.beginPath();
      pen.moveTo(LEFT, y(value));
      pen.lineTo(width - RIGHT, y(value));
      pen.stroke();
      /** @type {TakesWords} */ (pen).fillText(shown(value), LEFT - 6, y(value));
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (let epoch = 0, step = Math.max(1, roundStep(epochs)); epoch <= epochs; epoch += step)
      pen.fillText(String(epoch), x(epoch), HEIGHT - BOTTOM + 6);
    pen.fillText("epoch", (LEFT + width) / 2, HEIGHT - 17);
    pen.lineJoin = "round";
    return { canvas, pen, x, y };
  }

  /**
   * The whole schedule, thick as far as it has gone, and the rate of now.
   * @param {HTMLElement} figure
   */
  drawRate(figure) {
    const { epoch, colours } = this.data.spec;
    const xs = this.arrays.rate_x;
    figure.hidden = !xs;
    if (!xs) return;
    const ys = this.arrays.rate_y;
    const { canvas, pen, x, y } = this.axes(figure, Math.max(...ys) * 1.05, (value) => Number(value.toPrecision(2)));
    let done = 0;
    while (done + 1 < xs.length && xs[done + 1] <= epoch) done++;
    pen.strokeStyle = pen.fillStyle = colours.train;
    for (const [wide, until] of [
      [1, xs.length],
      [3, done + 1],
    ]) {
      pen.lineWidth = wide;
      pen.beginPath();
      for (let i = 0; i < until; i++) pen.lineTo(x(xs[i]), y(ys[i]));
      pen.stroke();
    }
    pen.beginPath();
    pen.arc(x(epoch), y(ys[done]), 5, 0, 7);
    pen.fill();
    const now = Number(ys[done].toPrecision(2));
    /** @type {HTMLElement} */ (figure.querySelector(".key")).textContent = `now ${now}`;
    canvas.setAttribute("aria-label", `Learning rate over the epochs: now ${now}`);
  }

  /**
   * @param {HTMLElement} figure
   * @param {string | undefined} what
   */
  drawCurves(figure, what) {
    const { colours, dotted } = this.data.spec;
    const percent = what === "accuracy";
    const names = Object.keys(colours);
    const finite = names.flatMap((name) => [...this.arrays[`${what}_${name}_y`]].filter(Number.isFinite));
    const top = percent ? 1 : this.data.spec.loss_top || Math.max(0.1, ...finite) * 1.05;
    const shown = (/** @type {number} */ value) => (percent ? `${(100 * value).toFixed(1)} %` : text(value, 3));
    const { canvas, pen, x, y } = this.axes(figure, top, (value) =>
      percent ? `${Math.round(100 * value)} %` : Number(value.toPrecision(3)),
    );

    /** @type {Record<string, string>} */
    const last = {};
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, canvas.width, HEIGHT - BOTTOM + 6); // what has diverged leaves at the top
    pen.clip();
    for (const name of names) {
      const xs = this.arrays[`${what}_${name}_x`];
      const ys = this.arrays[`${what}_${name}_y`];
      pen.strokeStyle = pen.fillStyle = colours[name];
      pen.setLineDash(dotted.includes(name) ? [3, 4] : []);
      const even = this.arrays[`${what}_${name}_even`] ?? [];
      const lines = even.length ? [ys, even] : [ys];
      lines.forEach((values, line) => {
        const isBehind = line + 1 < lines.length;
        pen.globalAlpha = isBehind ? this.data.spec.pale : 1;
        pen.lineWidth = isBehind ? 1.2 : 3;
        pen.beginPath();
        for (let i = 0; i < xs.length; i++) pen.lineTo(x(xs[i]), y(values[i]));
        pen.stroke();
      });
      pen.setLineDash([]);
      if (dotted.includes(name)) for (let i = 0; i < xs.length; i++) pen.strokeRect(x(xs[i]) - 4, y(ys[i]) - 4, 8, 8);
      else if (name !== "train")
        // told from the other without colour too
        for (let i = 0; i < xs.length; i++) {
          pen.beginPath();
          pen.arc(x(xs[i]), y(ys[i]), 4.5, 0, 7);
          pen.fill();
        }
      last[name] = xs.length ? shown(ys[ys.length - 1]) : "–";
    }
    pen.restore();
    /** @type {HTMLElement} */ (figure.querySelector(".key")).replaceChildren(
      ...names.map((name) => {
        const part = document.createElement("span");
        part.dataset.name = name;
        if (dotted.includes(name)) part.dataset.dotted = "";
        part.style.setProperty("--colour", colours[name]);
        part.textContent = `${name} ${last[name]}`;
        return part;
      }),
    );
    canvas.setAttribute(
      "aria-label",
      `${/** @type {HTMLElement} */ (figure.querySelector("figcaption")).textContent} over the epochs: ` +
        names.map((name) => `${name} now ${last[name]}`).join(", "),
    );
  }
}

export default await mounted(import.meta.url, LiveCurves);
