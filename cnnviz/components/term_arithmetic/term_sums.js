// The sums of a Linear layer's unit and of the softmax, in double precision. Knows no screen.

const OVERFLOW = 700; // e^710 is more than a double holds
export const ALL_WRITTEN = 20; // classes up to which every term of the softmax is written
const FEW_WRITTEN = 8;

/**
 * Numbers of the values by size, the largest first, whatever their sign; what is NaN stands ahead of all.
 * @param {Numbers} values
 */
function strongest(values) {
  const size = Float64Array.from(values, (value) => (Number.isNaN(value) ? Infinity : Math.abs(value)));
  return Array.from(size.keys()).sort((a, b) => (size[a] === size[b] ? a - b : size[b] - size[a]));
}

/**
 * z = Σ x·w + bias. `adds`: what each group of `size` features that follow each other adds; `order`: the strongest
 * first.
 * @param {Numbers} x
 * @param {Numbers} weight
 * @param {number} bias
 */
export function linearSums(x, weight, bias, size = 1) {
  const adds = new Float64Array(x.length / size);
  let total = 0;
  for (let group = 0; group < adds.length; group++) {
    let sum = 0;
    for (let i = group * size; i < (group + 1) * size; i++) sum += x[i] * weight[i];
    adds[group] = sum;
    total += sum;
  }
  return { adds, order: strongest(adds), total, bias, z: total + bias };
}

/**
 * The products of one group, and how many of them are not 0.
 * @param {Numbers} x
 * @param {Numbers} weight
 * @param {number} group
 * @param {number} size
 */
export function productsOf(x, weight, group, size) {
  const products = Float64Array.from({ length: size }, (_, i) => x[group * size + i] * weight[group * size + i]);
  return { products, active: products.filter((product) => product !== 0).length };
}

/**
 * How many the values at these places are, and what they add up to.
 * @param {Numbers} values
 * @param {number[]} places
 */
export const together = (values, places) => ({
  count: places.length,
  sum: places.reduce((sum, i) => sum + values[i], 0),
});

/**
 * softmax: `shares` = e^z / Σ e^z. `shift` is subtracted from every logit in `powers`, which are e^(z − shift): 0 where
 * every power is a number that a double can hold, else the largest logit.
 * @param {Numbers} logits
 */
export function softmaxSums(logits) {
  let top = -Infinity;
  for (const logit of logits) if (logit > top) top = logit;
  const shift = Number.isFinite(top) && Math.abs(top) > OVERFLOW ? top : 0;
  const add = (/** @type {Float64Array} */ values) => values.reduce((sum, value) => sum + value, 0);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - shift));
  const stable = Float64Array.from(logits, (logit) => Math.exp(logit - top));
  const whole = add(stable);
  return { shift, powers, sum: add(powers), shares: stable.map((power) => power / whole), order: strongest(powers) };
}

/**
 * Which classes' terms are written out below the line: all where they are few, else the largest and the chosen one.
 * @param {{ powers: Numbers, order: number[] }} options
 * @param {number} chosen
 */
export function writtenTerms({ powers, order }, chosen) {
  if (powers.length <= ALL_WRITTEN) return { places: Array.from(powers.keys()), rest: together(powers, []) };
  const places = order.slice(0, FEW_WRITTEN);
  if (!places.includes(chosen)) places.push(chosen);
  return {
    places,
    rest: together(
      powers,
      order.filter((i) => !places.includes(i)),
    ),
  };
}
