// Weights that were edited by hand. Knows no screen.

/** By place, `filter.channel.row.column` or `filter.b` for the bias; as text `place~value`, joined by `_`. */
export class Edits {
  constructor(text = "") {
    this.values = new Map(
      text
        ? text
            .split("_")
            .map((edit) => edit.split("~"))
            .map(([at, value]) => [at, Number(value)])
        : [],
    );
  }

  get size() {
    return this.values.size;
  }

  /** @param {string} at @param {number} value */
  set(at, value) {
    this.values.set(at, Number(value.toPrecision(9))); // float32 holds no more
  }

  toString() {
    return [...this.values].map(([at, value]) => `${at}~${value}`).join("_");
  }

  /**
   * Copies of kernels [F, C, kh, kw] and bias with what was edited; what does not fit is left out.
   * @param {number[]} numbers
   * @param {{ kernels: Float32Array, bias: Float32Array }} options
   */
  applied([filters, channels, kh, kw], { kernels, bias }) {
    const edited = { kernels: kernels?.slice(), bias: bias?.slice() };
    for (const [at, value] of this.values) {
      const [f, c, i, j] = at.split(".").map(Number);
      if (at.endsWith(".b")) {
        if (f < filters) edited.bias[f] = value;
      } else if (f < filters && c < channels && i < kh && j < kw)
        edited.kernels[((f * channels + c) * kh + i) * kw + j] = value;
    }
    return edited;
  }
}
