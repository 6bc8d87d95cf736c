// A map that was flattened, its weights and their products, cell by cell.

import { make } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { walkOf } from "../shared/keys.js";
import { cellSize, MapBox } from "../shared/map_box.js";
import { productsOf } from "./term_sums.js";

/** `x`, `w` and `x · w` side by side; `look([row, column] or null, by key)` hears of the cell that one looks at. */
export class ProductMaps {
  /**
   * @param {[number, number, number]} shape how many maps, and their rows and columns
   * @param {(cell: Place | null, aloud: boolean) => void} look
   */
  constructor([, rows, cols], look) {
    this.rows = rows;
    this.cols = cols;
    this.root = make("div", "products");
    this.title = make("p", "of");
    /** @type {Record<string, MapBox>} */
    this.maps = {};
    const row = make("div", "maps");
    for (const [name, words] of Object.entries({ x: "what it reads", w: "weights", products: "x · w" })) {
      const caption = name === "products" ? "x · w" : name;
      const map = (this.maps[name] = new MapBox(
        `${words}: ${rows} by ${cols} values. Arrow keys go from cell to cell.`,
        caption,
      ));
      if (name !== "x") row.append(make("span", "sign", name === "w" ? "∘" : "="));
      row.append(map.figure);
      this.listen(map, look);
    }
    this.root.append(this.title, row);
  }

  /**
   * @param {MapBox} map
   * @param {(cell: Place | null, aloud: boolean) => void} look
   */
  listen(map, look) {
    map.over.onpointermove = map.over.onpointerdown = (/** @type {PointerEvent} */ event) => look(map.at(event), false);
    map.over.onpointerleave = map.over.onblur = () => look(null, false);
    map.over.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      const by = walkOf(event);
      if (!by) return;
      event.preventDefault();
      const inside = (/** @type {number} */ value, /** @type {number} */ size) =>
        Math.max(0, Math.min(size - 1, value));
      const [row, col] = this.cell || [-by[0], -by[1]];
      look([inside(row + by[0], this.rows), inside(col + by[1], this.cols)], true);
    };
  }

  /**
   * Draw group `index` into so much width.
   * @param {number} index
   * @param {Record<string, Numbers>} arrays
   * @param {Record<string, NamedScale>} scales
   * @param {number} width
   */
  draw(index, { x, weight }, scales, width) {
    const { rows, cols } = this;
    const size = rows * cols;
    const signs = width >= 560 ? 76 : 44;
    const cell = cellSize(Math.max(72, (width - signs) / 3), 330, rows, cols, 56);
    const { products } = productsOf(x, weight, index, size);
    const show = (
      /** @type {string} */ name,
      /** @type {Numbers} */ values,
      /** @type {number} */ offset,
      /** @type {string} */ what,
    ) =>
      this.maps[name].draw({
        values,
        offset,
        rows,
        cols,
        cell,
        scale: scales[name],
        table: TABLES[scales[name].table],
        what,
      });
    show("x", x, index * size, "x");
    show("w", weight, index * size, "w");
    show("products", products, 0, "x · w");
    this.mark(this.cell);
  }

  /** @param {Place | null} [cell] */
  mark(cell) {
    /** @type {Place | null | undefined} */
    this.cell = cell;
    for (const map of Object.values(this.maps)) {
      map.clear();
      if (cell) map.frame(...cell);
    }
  }
}
