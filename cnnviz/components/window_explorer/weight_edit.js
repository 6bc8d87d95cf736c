// Editing a weight or a bias where it stands.

import { editNumber } from "./cells.js";

/**
 * Edit a weight, or the bias where no kernel cell is given.
 * @param {ExplorerView} explorer
 * @param {[number, number, number] | undefined} cell
 */
export function editWeight(explorer, cell) {
  if (explorer.model.spec.outer) return; // inside a network the layers behind would not follow
  const { model, state } = explorer;
  const [, channels, kh, kw] = model.spec.kernel;
  explorer.walk.stop();
  if (!cell) {
    const button = explorer.parts.bias;
    const host = explorer.parts.formula;
    const rect = {
      left: button.offsetLeft,
      top: button.offsetTop - 2,
      width: button.offsetWidth + 10,
      height: button.offsetHeight + 4,
    };
    return editNumber(host, rect, model.bias[state.filter], "Bias", (/** @type {number} */ value) =>
      explorer.keep(`${state.filter}.b`, value),
    );
  }
  const [c, i, j] = cell;
  const { host, ...rect } = explorer.view.place(cell);
  const value = model.kernels[((state.filter * channels + c) * kh + i) * kw + j];
  return editNumber(host, rect, value, `Weight [${i}, ${j}]`, (/** @type {number} */ number) =>
    explorer.keep(`${state.filter}.${c}.${i}.${j}`, number),
  );
}
