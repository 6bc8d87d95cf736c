// Pointer and keyboard on the maps.

import { walkOf } from "../shared/keys.js";

/**
 * What a pointer or a key on a map does. `kind` is what the map shows: "output", "input" (with its border), "data" (the
 * input without it), "kernel" or "window"; `info` holds what belongs to it: `filter`, `channel` or `c`, the number of
 * its input channel among those of the window.
 * @param {ExplorerView} explorer
 * @param {import("../shared/map_box.js").MapBox} map
 * @param {string} kind
 * @param {Record<string, number>} info
 */
export function listen(explorer, map, kind, info) {
  // a map of the data alone, without its border
  const start = () => (kind === "data" ? explorer.model.spec.padding : [0, 0]);
  const look = (/** @type {number} */ row, /** @type {number} */ col, /** @type {boolean} */ aloud) => {
    if (kind === "output")
      explorer.move({ row, col, source: null, cell: null, ...(explorer.state.level === "all" ? info : {}) }, aloud);
    else if (kind === "input" || kind === "data")
      explorer.move(
        {
          source: [row + start()[0], col + start()[1]],
          cell: null,
          ...(explorer.state.level === "all" && explorer.operation.feeds(info.channel)),
        },
        aloud,
      );
    else explorer.move({ cell: [info.c, row, col], source: null }, aloud);
  };
  map.over.onpointermove = map.over.onpointerdown = (event) => {
    explorer.walk.stop();
    const [row, col] = map.at(event);
    look(row, col, false);
  };
  if (kind !== "output") map.over.onpointerleave = map.over.onblur = () => explorer.move({ source: null, cell: null });
  const enter = () => {
    if (kind === "kernel") explorer.edit(explorer.state.cell || [info.c, 0, 0]);
    else if (kind === "output") explorer.deeper();
  };
  map.over.onclick = enter;
  map.over.onkeydown = (event) => {
    const by = walkOf(event);
    if (event.key === "Enter") enter();
    else if (event.key === " ") explorer.walk.toggle();
    else if (!by) return;
    else {
      explorer.walk.stop();
      const { source } = explorer.state;
      /** @type {Record<string, number[] | null>} */
      const of = {
        input: source,
        data: source && [source[0] - start()[0], source[1] - start()[1]],
        output: [explorer.state.row, explorer.state.col],
      };
      const here = kind in of ? of[kind] : explorer.state.cell?.slice(1);
      const first = explorer.model.spec.padding;
      const next = here || (kind === "input" ? first : [0, 0]);
      const step = here ? by : [0, 0];
      look(
        Math.max(0, Math.min(map.rows - 1, next[0] + step[0])),
        Math.max(0, Math.min(map.cols - 1, next[1] + step[1])),
        true,
      );
    }
    event.preventDefault();
  };
}
