// Around the picture: the path to where one is, and the other output channels.

import { make } from "../shared/dom.js";
import { CONVOLUTION } from "./operations.js";

/**
 * Where one is, level by level; each a way back, the first one out where the explorer shows a part of a network.
 * @param {ExplorerView} explorer
 */
export function drawPath({ state, model: { spec }, operation, levels, parts }) {
  /** @type {Record<string, string>} */
  const names = {
    all: operation.all(spec),
    channel: `${spec.outer ? "" : "Channel "}${operation.name(spec, state.filter)}`,
    window: "One window",
  };
  const steps = levels.slice(0, levels.indexOf(state.level) + 1).map((level) => [level, names[level]]);
  if (spec.outer) steps.unshift(["outer", spec.outer]);
  parts.path.replaceChildren(
    ...steps.flatMap(([level, label], i) => {
      const button = make("button", "crumb", label);
      button.type = "button";
      button.dataset.level = level;
      if (i === steps.length - 1) button.setAttribute("aria-current", "true");
      return i ? [make("span", "", "›"), button] : [button];
    }),
  );
  if (state.level !== "window") {
    const next = levels[levels.indexOf(state.level) + 1];
    const hint = make(
      "span",
      "hint",
      next === "channel" ? "click a map to look inside" : "click a cell for its arithmetic",
    );
    parts.path.append(hint);
  }
}

/**
 * A chip for each output channel, below the deeper levels; none where there is no other.
 * @param {ExplorerView} explorer
 */
export function makeStrip({ state, model: { spec }, operation, parts }) {
  /** @type {{ chip: HTMLButtonElement, kernels: HTMLCanvasElement, map: HTMLCanvasElement }[]} */
  const chips = [];
  parts.strip.replaceChildren();
  if (state.level === "all" || spec.kernel[0] === 1) return chips;
  for (let filter = 0; filter < spec.kernel[0]; filter++) {
    const chip = make("button", "chip");
    const kernels = make("canvas");
    const map = make("canvas");
    chip.type = "button";
    chip.dataset.filter = String(filter);
    kernels.setAttribute("aria-hidden", "true");
    map.setAttribute("aria-hidden", "true");
    chip.append(make("span", "name", operation.name(spec, filter)), kernels, map);
    if (operation !== CONVOLUTION) kernels.remove();
    parts.strip.append(chip);
    chips.push({ chip, kernels, map });
  }
  return chips;
}
