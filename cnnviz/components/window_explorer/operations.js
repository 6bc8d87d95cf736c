// What the explorer does for a convolution and what for pooling: computing, levels, words.

import { text } from "../shared/numbers.js";
import { convolve, windowTerms } from "./arithmetic.js";
import { ChannelLevel, Overview } from "./levels.js";
import { drawKernels, drawSmall, filterScales } from "./parts.js";
import { PoolOverview, poolScale, PoolWindow } from "./pool_levels.js";
import { drawPoolFormula, poolChain, poolInWords } from "./pool_words.js";
import { pool, poolTerms } from "./pooling.js";
import { WindowLevel } from "./window_level.js";
import { drawFormula, lookInWords } from "./words.js";

/** @type {Operation} */
export const CONVOLUTION = {
  levels: /** @type {Record<string, LevelMaker>} */ ({ all: Overview, channel: ChannelLevel, window: WindowLevel }),
  forward: (model) =>
    convolve(
      model,
      Array.from({ length: model.spec.kernel[0] }, (_, f) => f),
    ),
  scales: filterScales,
  look: (model, { filter, row, col }) => windowTerms(model, filter, row, col),
  words: lookInWords,
  feeds: () => ({}),
  spoken: (/** @type {Convolved} */ found) => text(found.result, 4),
  // inside a network the number is of what was sent
  name: (spec, filter) => (spec.outer ? spec.filters[filter] : `${filter} · ${spec.filters[filter]}`),
  all: ({ kernel }) => (kernel[0] === 1 ? "The output channel" : `All ${kernel[0]} output channels`),
  write: (lines, parts, { spec }, state, /** @type {Convolved} */ found, backward) =>
    drawFormula(lines[0], parts, spec, state, found, backward),
  thumbnail(/** @type {ConvolutionView} */ explorer, filter, kernels, map) {
    const { model } = explorer;
    const [, rows, cols] = model.spec.output;
    const scales = explorer.scales(filter);
    drawKernels(kernels, model, filter, scales, 40);
    drawSmall(map, model.a, filter * rows * cols, rows, cols, scales.a);
  },
};

/** @type {Operation} */
const POOLING = {
  levels: /** @type {Record<string, LevelMaker>} */ ({ all: PoolOverview, window: PoolWindow }),
  forward: pool,
  scales: poolScale,
  look: (model, { filter, row, col }) => ({
    pools: model.spec.pools.map((_, which) => poolTerms(model, which, filter, row, col)),
  }),
  words: poolInWords,
  feeds: (channel) => ({ filter: channel }), // an input channel feeds its own maps only
  spoken: (/** @type {{ pools: Pooled[] }} */ found) => found.pools.map(({ result }) => text(result, 4)).join(" and "),
  name: (spec, filter) => spec.channels[filter],
  all: ({ input }) => (input[0] === 1 ? "The channel" : `All ${input[0]} channels`),
  write: (lines, parts, model, state, /** @type {{ pools: Pooled[] }} */ found, backward) => {
    lines.forEach((line, which) => drawPoolFormula(line, model.spec, state, which, found.pools[which]));
    if (backward)
      parts.chain.textContent = found.pools.map((of) => poolChain(model.spec, state.gradient, of)).join(" ");
  },
  thumbnail(/** @type {PoolingView} */ explorer, filter, _, map) {
    const { spec, maps } = explorer.model;
    const [, rows, cols] = spec.output;
    drawSmall(map, maps[0][filter].values, 0, rows, cols, explorer.scales(0));
  },
};

/** @param {LayerSpec} spec */
export const operationOf = (spec) => (spec.pools.length ? POOLING : CONVOLUTION);
