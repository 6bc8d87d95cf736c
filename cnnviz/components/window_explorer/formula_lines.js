// The lines in which the explorer's formulas stand.

import { partsOf } from "../shared/dom.js";
import { CONVOLUTION } from "./operations.js";

/**
 * A formula for each pooling; a convolution has one.
 * @param {ExplorerView} explorer
 * @param {number} count
 */
export function fitLines({ lines, parts, operation, model }, count) {
  while (lines.length > count) lines.pop()?.formula.remove();
  while (lines.length < count) {
    const formula = parts.formula.cloneNode(true);
    parts.formulas.append(formula);
    lines.push({
      formula,
      ...partsOf(formula),
    });
  }
  for (const line of lines) {
    line.bias.hidden = operation !== CONVOLUTION;
    line.bias.disabled = Boolean(model.spec.outer);
    line.bias.title = model.spec.outer ? "" : "Edit the bias";
  }
}
