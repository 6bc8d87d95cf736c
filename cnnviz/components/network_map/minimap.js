// The whole network, small, with the part that one sees; a click or a drag goes there.

import { penOf } from "../shared/dom.js";
import { frame, sized } from "../shared/maps.js";

export class Minimap {
  /** @param {HTMLCanvasElement} canvas @param {(share: number) => void} go */
  constructor(canvas, go) {
    this.canvas = canvas;
    this.width = 0;
    this.context = penOf(canvas);
    this.still = this.context.createImageData(1, 1);
    this.go = go;
    canvas.onpointerdown = canvas.onpointermove = (event) => {
      if (event.type === "pointerdown") canvas.setPointerCapture(event.pointerId);
      const box = canvas.getBoundingClientRect();
      if (canvas.hasPointerCapture(event.pointerId)) this.go((event.clientX - box.left) / box.width);
    };
  }

  /**
   * The layers as bars, as tall as their maps, as strong in colour as they have maps.
   * @param {{ columns: PlacedColumn[], width: number, height: number }} plan
   * @param {Record<string, string>} colours
   */
  build(plan, colours) {
    const width = (this.width = (this.canvas.parentElement?.clientWidth ?? 2) - 2);
    const height = 38;
    const context = sized(this.canvas, width, height);
    const across = width / plan.width;
    const down = height / plan.height;
    context.fillStyle = colours.text;
    for (const { left, wide, first, tall, total } of plan.columns) {
      context.globalAlpha = Math.min(0.9, 0.25 + Math.log2(1 + total) / 14);
      context.fillRect(left * across, first * down, Math.max(1, wide * across), Math.max(2, tall * down));
    }
    context.globalAlpha = 1;
    this.still = context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    this.context = context;
  }

  /**
   * From one share of the width to another.
   * @param {number} from
   * @param {number} to
   */
  show(from, to) {
    this.context.putImageData(this.still, 0, 0);
    frame(this.context, from * this.width + 2, 2, Math.max(6, (to - from) * this.width - 4), 34, 2);
  }
}
