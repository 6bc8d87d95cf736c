// What the explorer computes with, and when its parts have to be made anew. Knows no screen.

import { withTaps } from "./geometry.js";

/**
 * A layer with its numbers, and room for its output.
 * @param {Described} made
 * @returns {Model}
 */
export function modelOf({ spec, arrays }) {
  const size = spec.output[0] * spec.output[1] * spec.output[2];
  const taps = Object.fromEntries(
    ["rowPlaces", "colPlaces", "rowSources", "colSources"].map((name) => [name, Int32Array.from(arrays[name])]),
  );
  const maps = { z: new Float32Array(size), a: new Float32Array(size) };
  return withTaps(/** @type {any} */ ({ spec, ...arrays, ...taps, ...maps }));
}

/**
 * Whether what shows the one layer at this level can show the other.
 * @param {LayerSpec} one
 * @param {LayerSpec} other
 * @param {string} level
 */
export const hasSameParts = (one, other, level) => partsOf(one, level) === partsOf(other, level);

/** @param {LayerSpec} s @param {string} level */
const partsOf = (s, level) =>
  JSON.stringify([
    level === "all" ? s.kernel.slice(0, 2) : s.kernel,
    s.channels,
    s.filters,
    s.input,
    s.groups,
    s.activation,
    s.transposed,
    [s.kinds, s.pools],
    s.outer,
    s.rest,
  ]);
