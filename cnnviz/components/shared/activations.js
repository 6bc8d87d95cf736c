// Activations and their derivatives, as torch has them.

/**
 * erf by Chebyshev fitting, relative error of erfc below 1.2e-7 (Press et al., Numerical Recipes, 6.2).
 * @param {number} x
 */
function erf(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const rest = t * Math.exp(-x * x + terms.reduceRight((sum, term) => sum * t + term, 0));
  return x >= 0 ? 1 - rest : rest - 1;
}

/** @param {number} x */
const logistic = (x) => 1 / (1 + Math.exp(-x));
/** @param {number} x */
const normal = (x) => (1 + erf(x / Math.SQRT2)) / 2;
/** @param {number} x */
const bell = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/**
 * By torch.nn's name: the value at x and the derivative there; `slope` is LeakyReLU's.
 * @type {Record<string, Activation>}
 */
export const ACTIVATIONS = {
  ReLU: { f: (x) => Math.max(x, 0), d: (x) => (x > 0 ? 1 : 0) },
  LeakyReLU: { f: (x, slope = 0) => (x < 0 ? slope * x : x), d: (x, slope = 0) => (x > 0 ? 1 : slope) },
  Sigmoid: { f: logistic, d: (x) => logistic(x) * (1 - logistic(x)) },
  Tanh: { f: Math.tanh, d: (x) => 1 - Math.tanh(x) ** 2 },
  GELU: { f: (x) => x * normal(x), d: (x) => normal(x) + x * bell(x) },
  SiLU: { f: (x) => x * logistic(x), d: (x) => logistic(x) * (1 + x * (1 - logistic(x))) },
};
/** @type {Activation} */
const NO_ACTIVATION = { f: (x) => x, d: () => 1 };
/** @param {Activated} spec */
export const activationOf = (spec) => (spec.activation && ACTIVATIONS[spec.activation]) || NO_ACTIVATION;
