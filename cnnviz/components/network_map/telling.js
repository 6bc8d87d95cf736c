// What the network map says of what one looks at: in the line above it, by its legend, and to those who hear the page.

import { TABLES } from "../shared/colours.js";
import { drawLegend } from "../shared/maps.js";
import { text } from "../shared/numbers.js";
import { scaleOf, symmetricAround } from "./drawing.js";
import { fieldOf } from "./field.js";
import { feedsInWords, fieldInWords, fullName, readsInWords, unitName, whatInWords } from "./words.js";

/**
 * `field` is what the cell can read of the input, or null; `aloud` where the keyboard has led there.
 * @param {NetworkView} map
 * @param {number[] | null} field
 * @param {boolean} aloud
 */
export function say(map, field, aloud) {
  const { what, reads, feeds, legend, live, hint, jump } = map.parts;
  const { columns } = map.plan;
  const look = map.looked;
  hint.hidden = Boolean(look);
  if (look) jump.value = look.index;
  map.root.dataset.look = look
    ? `${columns[look.index].name}:${look.slot < 0 ? "" : columns[look.index].channels[look.slot]}`
    : "";
  if (!look) {
    what.textContent = map.parts.field.textContent = reads.textContent = feeds.textContent = "";
    if (map.spec.scaleOf === "network")
      drawLegend(
        legend,
        "All layers",
        {
          min: Math.min(...columns.map(({ span }) => span[0])),
          max: Math.max(...columns.map(({ span }) => span[1])),
        },
        symmetricAround(map.top),
        TABLES.activations,
      );
    else legend.replaceChildren();
    return;
  }
  const column = columns[look.index];
  const { slot } = look;
  const [min, max] = slot < 0 ? column.span : [column.low[slot], column.high[slot]];
  const odd = slot < 0 ? column.odd.reduce((sum, count) => sum + count, 0) : column.odd[slot];
  drawLegend(
    legend,
    slot < 0 ? fullName(column) : unitName(column, column.channels[slot]),
    { min, max, note: odd ? `${odd} values are NaN or infinite` : min === 0 && max === 0 ? "all zero" : "" },
    scaleOf(map, column, slot),
    TABLES[column.table],
  );
  what.textContent = whatInWords(columns, look, min);
  map.parts.field.textContent =
    field && look.cell && !column.isUnit ? fieldInWords(look.cell, field, columns[0].size) : "";
  reads.textContent = readsInWords(columns, look);
  feeds.textContent = feedsInWords(columns, map.fed, look);
  if (aloud) {
    const links = [map.parts.field, reads, feeds].map((part) => part.textContent);
    live.textContent = `${what.textContent}. From ${text(min, 3)} to ${text(max, 3)}. ${links.join(" ")}`;
  }
}

/**
 * Keeps so much room for the telling that the drawing below it never moves: what a pointer stands on is what a click
 * opens.
 * @param {NetworkView} map
 */
export function reserve(map) {
  const { columns } = map.plan;
  const longest = ["", "", "", ""];
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index];
    const last = /** @type {Place} */ (column.size.map((side) => side - 1));
    const { size } = columns[0];
    for (let slot = -1; slot < column.channels.length; slot++) {
      const look = { index, slot, cell: null };
      const told = [
        whatInWords(columns, look, column.low[Math.max(0, slot)]),
        column.fields && !column.isUnit ? fieldInWords(last, [0, 0, size[0] - 1, size[1] - 1], size) : "",
        readsInWords(columns, look),
        feedsInWords(columns, map.fed, look),
      ];
      told.forEach((words, i) => {
        if (words.length > longest[i].length) longest[i] = words;
      });
    }
  }
  const { bar, what, field, reads, feeds, jump } = map.parts;
  const before = map.looked;
  const chosen = jump.value;
  map.looked = { index: 0, slot: -1, cell: null };
  say(map, null, false); // with its legend
  map.looked = before;
  jump.value = chosen;
  [what, field, reads, feeds].forEach((part, i) => (part.textContent = longest[i]));
  bar.style.minHeight = "";
  bar.style.minHeight = `${Math.ceil(bar.getBoundingClientRect().height / (bar.currentCSSZoom || 1))}px`;
  say(map, before && fieldOf(/** @type {LookedView} */ (map)), false);
}
