// The curve of an activation, with the point at which one looks.

import { make } from "./dom.js";
import { activationOf } from "./activations.js";
import { sized } from "./maps.js";
import { text } from "./numbers.js";

/** The curve of the activation, with the point of the cell that one looks at. */
export class Curve {
  /** @param {Activated} spec */
  constructor(spec) {
    this.figure = make("figure", "curve");
    this.canvas = make("canvas");
    const name = spec.activationName || spec.activation;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `The curve of ${name}`);
    this.words = make("div", "words");
    this.figure.append(make("figcaption", "", name), this.canvas, this.words);
  }

  /**
   * @param {Activated} spec
   * @param {{ z: number, result: number }} options
   * @param {number} top
   * @param {Record<string, string>} colours
   */
  draw(spec, { z, result }, top, colours) {
    const width = 170;
    const height = 120;
    const { f } = activationOf(spec);
    const context = sized(this.canvas, width, height);
    const reach = Math.max(top, 1e-6) * 1.05;
    const values = Array.from({ length: width }, (_, i) => f(((2 * i) / (width - 1) - 1) * reach, spec.slope));
    const high = Math.max(...values, 0);
    const low = Math.min(...values, 0);
    const room = (high - low || 1) * 1.15;
    const down = (/** @type {number} */ value) => height - 8 - ((value - low) / room) * (height - 16);
    const across = (/** @type {number} */ value) => ((value / reach + 1) / 2) * (width - 1);
    context.strokeStyle = "rgba(128,128,128,.7)";
    context.beginPath();
    context.moveTo(0, down(0));
    context.lineTo(width, down(0));
    context.moveTo(across(0), 0);
    context.lineTo(across(0), height);
    context.stroke();
    context.strokeStyle = colours.text;
    context.lineWidth = 2;
    context.beginPath();
    values.forEach((value, i) => context.lineTo(i, down(value)));
    context.stroke();
    context.fillStyle = "#ffd400";
    context.strokeStyle = "#000";
    context.beginPath();
    context.arc(across(z), down(result), 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    this.words.textContent = `${spec.activationName || spec.activation}(${text(z)}) = ${text(result)}`;
  }
}
