// A picture on the page: grey as a map of numbers, RGB in its own colours.

import { make } from "../shared/dom.js";
import { TABLES } from "../shared/colours.js";
import { MapBox } from "../shared/map_box.js";
import { sized } from "../shared/maps.js";
import { range, text } from "../shared/numbers.js";
import { pictureOf } from "../shared/pixels.js";

export const CHANNELS = ["red", "green", "blue"];

export class PictureBox extends MapBox {
  /**
   * Draw `channels` × `rows` × `cols` values from 0 to 1.
   * @param {{ values: Float32Array, channels: number, rows: number, cols: number, cell: number }} picture
   */
  picture({ values, channels, rows, cols, cell }) {
    const scale = { low: 0, high: 1 };
    const table = TABLES.pixels;
    if (channels === 1) return this.draw({ values, rows, cols, cell, scale, table, what: "pixel" });
    const size = rows * cols;
    const small = pictureOf(values, [channels, rows, cols], 0, 1);
    Object.assign(this, { rows, cols, cell, dirty: false });
    const context = sized(this.base, cols * cell, rows * cell);
    context.drawImage(small, 0, 0, cols * cell, rows * cell);
    this.pen = sized(this.over, cols * cell, rows * cell);
    this.legend.replaceChildren(
      ...CHANNELS.map((name, channel) => {
        const { min, max, note } = range(values, channel * size, size);
        return make(
          "span",
          "legend-words",
          [`${name}: min ${text(min)} · max ${text(max)}`, note].filter(Boolean).join(" · "),
        );
      }),
    );
    return context;
  }
}
