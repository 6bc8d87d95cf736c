// Numbers in words, on a scale, and their range. Knows no screen.

export const SIGN = "\u2212";

/**
 * A number for the eye: integers as they are, the rest with `digits` decimals, a true minus sign.
 * @param {number} value
 */
export function text(value, digits = 2) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : SIGN + "∞";
  const size = Math.abs(value);
  let shown;
  if (Number.isInteger(value) && size < 1e7) shown = String(size);
  else if (size >= 1e5 || (digits > 2 && size < 0.5 * 10 ** -digits)) shown = size.toExponential(1);
  else shown = size.toFixed(size >= 100 && digits < 3 ? Math.min(1, digits) : digits);
  return value < 0 ? SIGN + shown : shown;
}

/**
 * A number with as many of two decimals as fit into so many letters.
 * @param {number} value
 * @param {number} letters
 */
export function fitted(value, letters) {
  const shown = [2, 1].map((digits) => text(value, digits)).find((words) => words.length <= letters);
  return shown ?? text(value, 0);
}

/**
 * Index into a colour table; values outside the scale take its ends.
 * @param {number} value
 * @param {Scale} scale
 */
export function level(value, scale) {
  const at = Math.round((255 * (value - scale.low)) / (scale.high - scale.low));
  return at < 0 ? 0 : at > 255 ? 255 : at | 0;
}

/**
 * True minimum and maximum of a stretch of values, and what is odd about it.
 * @param {Numbers} values
 * @param {number} offset
 * @param {number} length
 */
export function range(values, offset, length) {
  let min = Infinity;
  let max = -Infinity;
  let odd = 0;
  for (let i = offset; i < offset + length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      odd++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const note = odd ? `${odd} values are NaN or infinite` : min === 0 && max === 0 ? "all zero" : "";
  return { min, max, note };
}
