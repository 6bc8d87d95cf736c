// The accuracies of all moments above the slider, evenly spaced as its places are.

import { sized } from "../shared/maps.js";
import { text } from "../shared/numbers.js";

const CURVE_HEIGHT = 104;
const EDGE = { left: 46, right: 14, top: 8, bottom: 22 };

/**
 * @param {number} i
 * @param {number} moments
 * @param {number} width
 */
const placeOf = (i, moments, width) =>
  moments < 2 ? EDGE.left : EDGE.left + ((width - EDGE.left - EDGE.right) * i) / (moments - 1);

/**
 * The moment nearest to a place in the curve.
 * @param {number} x
 * @param {number} moments
 * @param {number} width
 */
export function momentAt(x, moments, width) {
  const at = Math.round(((x - EDGE.left) / (width - EDGE.left - EDGE.right)) * (moments - 1));
  return Math.max(0, Math.min(moments - 1, at));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {{ accuracies: Float32Array, epochs: Float32Array, at: number, colour: string }} options
 */
export function drawAccuracies(canvas, width, { accuracies, epochs, at, colour }) {
  const pen = sized(canvas, width, CURVE_HEIGHT);
  const moments = accuracies.length;
  const style = getComputedStyle(canvas);
  const x = (/** @type {number} */ i) => placeOf(i, moments, width);
  const floor = CURVE_HEIGHT - EDGE.bottom;
  const y = (/** @type {number} */ share) => EDGE.top + (floor - EDGE.top) * (1 - share);
  pen.font = `13px ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.strokeStyle = "rgba(128,128,128,.35)";
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    pen.beginPath();
    pen.moveTo(EDGE.left, y(share));
    pen.lineTo(width - EDGE.right, y(share));
    pen.stroke();
    pen.fillText(`${100 * share} %`, EDGE.left - 8, y(share));
  }
  pen.textBaseline = "top";
  const labels = Math.max(1, Math.min(moments - 1, Math.floor(width / 110)));
  for (let n = 0; n <= labels && n < moments; n++) {
    const i = Math.round((n * (moments - 1)) / labels);
    pen.textAlign = n === 0 ? "left" : n === labels ? "right" : "center";
    pen.fillText(
      n ? text(epochs[i]) : `epoch ${text(epochs[i])}`,
      x(i) + (n === 0 ? -8 : n === labels ? 8 : 0),
      floor + 6,
    );
  }
  pen.strokeStyle = style.color;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x(at), EDGE.top - 4);
  pen.lineTo(x(at), floor);
  pen.stroke();
  const known = [...accuracies.keys()].filter((i) => Number.isFinite(accuracies[i]));
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.beginPath();
  for (const i of known) pen.lineTo(x(i), y(accuracies[i]));
  pen.stroke();
  if (width / moments > 12)
    for (const i of known) {
      pen.beginPath();
      pen.arc(x(i), y(accuracies[i]), 3.5, 0, 7);
      pen.fill();
    }
  if (!Number.isFinite(accuracies[at])) return;
  pen.fillStyle = "#ffd400";
  pen.strokeStyle = "#000";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.arc(x(at), y(accuracies[at]), 6.5, 0, 7);
  pen.fill();
  pen.stroke();
}
