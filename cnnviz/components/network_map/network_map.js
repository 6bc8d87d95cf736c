// The network at a glance. Looking around, zooming and panning never call the server; a click goes a level deeper.

import { bytes, unpack } from "../shared/arrays.js";
import { make, partsOf } from "../shared/dom.js";
import { sized } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { savePicture } from "../shared/picture.js";
import { drawNetwork } from "./drawing.js";
import { drawFieldOfInput, fieldOf } from "./field.js";
import { hit, layout, tileAt } from "./layout.js";
import { consumers } from "./links.js";
import { drawLook } from "./links_drawn.js";
import { Minimap } from "./minimap.js";
import { reserve, say } from "./telling.js";

const remembered = new Map(); // where one was in a network when one looked closer
const MANY = 15;
const TALLEST = 660;
const ZOOMS = [0.12, 0.18, 0.27, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2.2, 3];

class NetworkMap {
  constructor(/** @type {HTMLElement} */ root) {
    this.root = root;
    this.parts = partsOf(root);
    this.base = /** @type {HTMLCanvasElement} */ (root.querySelector(".base"));
    this.over = /** @type {HTMLCanvasElement} */ (root.querySelector(".over"));
    this.minimap = new Minimap(this.parts.minimap, (share) => this.centre(share * this.plan.width));
    this.drawn = 0;
    const { scroll, jump } = this.parts;
    scroll.onscroll = () => this.ask();
    scroll.onpointermove = (/** @type {PointerEvent} */ event) => this.pointer(event);
    scroll.onpointerleave = () => this.look(null);
    scroll.onpointerdown = (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "mouse" && event.button === 0 && event.target !== scroll)
        this.pan = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
    };
    scroll.onpointerup = scroll.onpointercancel = () => this.endPan();
    scroll.onclick = (/** @type {PointerEvent} */ event) => this.tap(event);
    scroll.onkeydown = (/** @type {KeyboardEvent} */ event) => this.key(event);
    scroll.onblur = () => this.look(null);
    scroll.addEventListener(
      "wheel",
      (/** @type {WheelEvent} */ event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1 : -1, [event.clientX, event.clientY]);
      },
      { passive: false },
    );
    jump.onchange = () => this.goTo(Number(jump.value));
    root.onclick = (event) => this.press(/** @type {Element} */ (event.target).closest("button")?.dataset.do);
  }

  fit() {
    this.arrange();
  }

  close() {
    cancelAnimationFrame(this.pending);
  }

  show(/** @type {any} */ data, /** @type {Tell} */ tell) {
    const before = this.spec;
    this.spec = data.spec;
    /** @type {(at: string) => void} */ this.tell = (/** @type {string} */ at) => tell("look", { at });
    /** @type {Uint8Array} */ this.thumbnails = bytes(data.spec.thumbnails);
    const arrays = unpack(data);
    /** @type {NetworkView["plan"]} */ this.plan = layout(this.spec);
    let shown = 0;
    let offset = 0;
    for (const column of this.plan.columns) {
      const count = column.channels.length;
      column.low = arrays.low.subarray(shown, shown + count);
      column.high = arrays.high.subarray(shown, shown + count);
      column.offset = offset;
      shown += count;
      offset += count * column.thumbnail[0] * column.thumbnail[1];
      if (column.field) {
        const [start, rows, cols] = column.field;
        column.fields = [0, rows, 2 * rows, 2 * rows + cols].map((from, i) =>
          arrays.fields.subarray(start + from, start + from + (i < 2 ? rows : cols)),
        );
      }
    }
    const signed = this.plan.columns.filter(({ table }) => table === "activations");
    /** @type {number} */ this.top = Math.max(...signed.flatMap(({ span }) => span.map(Math.abs)), 0);
    /** @type {NetworkView["fed"]} */ this.fed = consumers(this.plan.columns);
    const same = before && before.network === this.spec.network && before.columns.length === this.spec.columns.length;
    for (const name of /** @type {("looked" | "focus")[]} */ (["looked", "focus"]))
      if (this[name] && this[name].slot >= this.plan.columns[this[name].index]?.channels.length) this[name] = null;
    const style = getComputedStyle(this.root);
    /** @type {Record<string, string>} */ this.colours = {
      text: style.getPropertyValue("--st-text-color") || "#222",
      back: style.getPropertyValue("--st-secondary-background-color") || "#eee",
      page: style.getPropertyValue("--st-background-color") || "#fff",
    };
    if (!same) this.build();
    this.arrange(!same);
  }

  build() {
    const { columns } = this.plan;
    const many = columns.length > MANY;
    const { jump, scroll, hint } = this.parts;
    jump.parentElement.hidden = !many;
    this.parts.minimap.hidden = !many;
    jump.replaceChildren(
      ...columns.map(({ name, title, subtitle }, index) =>
        Object.assign(make("option", "", `${name === "input" ? title : name} · ${subtitle}`), { value: index }),
      ),
    );
    hint.textContent = matchMedia("(hover: none)").matches
      ? "Tap a map: what it is made of.\nTap it again: its arithmetic.\nTap a layer's name: all its maps."
      : "Move over a map: what it is made of.\nClick it: its arithmetic.\nClick a layer's name: all its maps.";
    scroll.setAttribute(
      "aria-label",
      `The network, ${columns.length} columns from the input to ${columns[columns.length - 1].title}. ` +
        "Left and right go from layer to layer, up and down from map to map, Enter looks closer.",
    );
    this.looked = this.focus = null;
  }

  /** Give everything its size for the room at hand. */
  arrange(isNew = false) {
    const { scroll, view } = this.parts;
    const kept = remembered.get(this.spec.network);
    /** @type {number} */ this.width = this.root.clientWidth;
    if (isNew) this.zoom = kept?.zoom || this.fitting();
    const place = isNew ? [kept?.left || 0, kept?.top || 0] : [scroll.scrollLeft, scroll.scrollTop];
    this.setZoom(/** @type {NetworkMap} */ (this).zoom);
    [scroll.scrollLeft, scroll.scrollTop] = place;
    view.style.height = "";
    this.minimap.build(this.plan, this.colours);
    reserve(this);
    this.draw();
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  fitting() {
    const room = this.width - 4;
    const { width, height } = this.plan;
    const fits = room / width;
    // what has to be scrolled anyway may be large
    return Math.max(0.66, Math.min(1.1, TALLEST / height, fits < 0.66 ? 1.1 : fits));
  }

  setZoom(/** @type {number} */ zoom) {
    const { scroll, spacer } = this.parts;
    const { width, height } = this.plan;
    /** @type {number} */ this.zoom = zoom;
    spacer.style.width = `${width * zoom}px`;
    spacer.style.height = `${height * zoom}px`;
    scroll.style.height = `${Math.min(TALLEST, height * zoom) + (scroll.offsetHeight - scroll.clientHeight)}px`;
    /** @type {Place} */
    this.size = [scroll.clientWidth, scroll.clientHeight];
    /** @type {Pens} */ this.pens = [this.base, this.over].map((canvas) => sized(canvas, ...this.size));
    /** @type {number} */ this.ratio = this.base.width / this.size[0];
  }

  /** @param {number} by @param {Place} [at] */
  zoomBy(by, at) {
    const next =
      by > 0
        ? ZOOMS.find((zoom) => zoom > this.zoom * 1.01)
        : [...ZOOMS].reverse().find((zoom) => zoom < this.zoom * 0.99);
    if (!next) return;
    const { scroll } = this.parts;
    const [x, y] = at ? this.inside(...at) : this.size.map((side) => side / 2);
    const grown = next / this.zoom;
    const left = (scroll.scrollLeft + x) * grown - x;
    const top = (scroll.scrollTop + y) * grown - y;
    this.setZoom(next);
    [scroll.scrollLeft, scroll.scrollTop] = [left, top];
    this.draw();
  }

  remember() {
    const { scrollLeft: left, scrollTop: top } = this.parts.scroll;
    if (this.spec) remembered.set(this.spec.network, { zoom: this.zoom, left, top });
  }

  /** Draw before the next frame; several wishes are one. */
  ask() {
    this.pending ||= requestAnimationFrame(() => {
      this.pending = 0;
      this.draw();
    });
  }

  draw() {
    const { scrollLeft } = this.parts.scroll;
    const [wide, tall] = this.size;
    const { zoom } = this;
    const pen = this.pens[0];
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    this.turn(pen);
    drawNetwork(pen, this, { left: scrollLeft / zoom, right: (scrollLeft + wide) / zoom }, zoom, this.colours);
    if (!this.parts.minimap.hidden)
      this.minimap.show(scrollLeft / zoom / this.plan.width, (scrollLeft + wide) / zoom / this.plan.width);
    this.remember();
    this.drawLook();
  }

  /** From the drawing's pixels at zoom 1 to the canvas. */
  turn(/** @type {CanvasRenderingContext2D} */ pen) {
    const { scrollLeft, scrollTop } = this.parts.scroll;
    const scale = this.ratio * this.zoom;
    pen.setTransform(scale, 0, 0, scale, -scrollLeft * this.ratio, -scrollTop * this.ratio);
    pen.imageSmoothingEnabled = false;
  }

  drawLook() {
    const pen = this.pens[1];
    const [wide, tall] = this.size;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    if (!this.looked) return;
    this.turn(pen);
    drawLook(pen, this, this.looked, this.zoom);
    const field = fieldOf(/** @type {LookedView} */ (this));
    if (field) drawFieldOfInput(pen, this, field);
  }

  /** Where the pointer is in the view, in its own pixels: the page as a whole may be enlarged. */
  inside(/** @type {number} */ x, /** @type {number} */ y) {
    const { scroll } = this.parts;
    const box = scroll.getBoundingClientRect();
    const enlarged = box.width / scroll.offsetWidth || 1;
    return [(x - box.left) / enlarged, (y - box.top) / enlarged];
  }

  at(/** @type {PointerEvent} */ event) {
    const { scroll } = this.parts;
    const [x, y] = this.inside(event.clientX, event.clientY);
    return hit(this.plan, (x + scroll.scrollLeft) / this.zoom, (y + scroll.scrollTop) / this.zoom);
  }

  pointer(/** @type {PointerEvent} */ event) {
    const { pan } = this;
    const { scroll } = this.parts;
    if (pan && !(event.buttons & 1))
      this.pan = null; // released elsewhere
    else if (pan) {
      const x = event.clientX - pan.x;
      const y = event.clientY - pan.y;
      if (!pan.moved && Math.hypot(x, y) > 4) {
        pan.moved = true;
        scroll.setPointerCapture(event.pointerId);
      }
      scroll.classList.toggle("panning", pan.moved);
      if (pan.moved) [scroll.scrollLeft, scroll.scrollTop] = [pan.left - x, pan.top - y];
      return;
    }
    const at = this.at(event);
    scroll.classList.toggle("at-map", Boolean(at));
    if (at) this.look(at);
  }

  endPan() {
    this.wasPan = Boolean(this.pan?.moved);
    this.pan = null;
    this.parts.scroll.classList.remove("panning");
  }

  look(/** @type {Look | null} */ at) {
    const same = (/** @type {Look | null} */ a, /** @type {Look | null} */ b) =>
      a === b || (a && b && a.index === b.index && a.slot === b.slot && String(a.cell) === String(b.cell));
    if (same(at, this.looked)) return;
    this.looked = at;
    this.drawLook();
    this.say(false);
  }

  say(/** @type {boolean} */ aloud) {
    say(this, this.looked && fieldOf(/** @type {LookedView} */ (this)), aloud);
  }

  /** A finger cannot hover: its first tap looks, its second enters. */
  tap(/** @type {PointerEvent} */ event) {
    if (this.wasPan) return;
    const at = this.at(event);
    const before = this.tapped;
    this.tapped = at && `${at.index}:${at.slot}`;
    if (event.pointerType === "touch" && at && this.tapped !== before) this.look(at);
    else this.enter(at);
  }

  enter(/** @type {Look | null} */ at) {
    if (!at) return;
    const { name, channels } = this.plan.columns[at.index];
    this.tell(at.slot < 0 ? name : `${name}:${channels[at.slot]}`);
  }

  key(/** @type {KeyboardEvent} */ event) {
    const { columns } = this.plan;
    const now = /** @type {Look | null} */ (this.looked || this.focus);
    if (event.key === "Enter") {
      event.preventDefault();
      return this.enter(now);
    }
    if (event.key === "+" || event.key === "-") return this.zoomBy(event.key === "+" ? 1 : -1);
    const by = /** @type {Record<string, Place>} */ ({
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      Home: [-1e6, 0],
      End: [1e6, 0],
    })[event.key];
    if (!by) return;
    event.preventDefault();
    const index = now ? Math.max(0, Math.min(columns.length - 1, now.index + by[0])) : 0;
    const column = columns[index];
    const slot = Math.max(-1, Math.min(column.channels.length - 1, (now ? now.slot : 0) + (now ? by[1] : 0)));
    this.goTo(index, slot);
  }

  /** Look at a map from the keyboard or the list, and bring it into sight. */
  goTo(/** @type {number} */ index, slot = 0) {
    const column = this.plan.columns[index];
    const { scroll } = this.parts;
    const middle = (column.size[0] - 1) >> 1;
    const left = column.left * this.zoom;
    const top = (slot < 0 ? column.top : tileAt(column, slot)[1]) * this.zoom;
    if (left < scroll.scrollLeft + 20 || left + 120 > scroll.scrollLeft + this.size[0])
      this.centre(column.left + column.wide / 2);
    if (top < scroll.scrollTop || top + 60 * this.zoom > scroll.scrollTop + this.size[1])
      scroll.scrollTop = top - this.size[1] / 3;
    this.focus = { index, slot, cell: slot < 0 || column.isUnit ? null : [middle, (column.size[1] - 1) >> 1] };
    /** @type {Look | null} */ this.looked = /** @type {Look} */ (this.focus);
    this.draw();
    this.say(true);
  }

  centre(/** @type {number} */ x) {
    this.parts.scroll.scrollLeft = x * this.zoom - this.size[0] / 2;
  }

  press(/** @type {string | undefined} */ what) {
    if (what === "in" || what === "out") this.zoomBy(what === "in" ? 1 : -1);
    else if (what === "fit") {
      const { width, height } = this.plan;
      this.setZoom(Math.max(0.01, Math.min(1.6, (this.width - 4) / width, TALLEST / height)));
      this.draw();
    } else if (what === "picture") savePicture(this.root, "network.png");
  }
}

export default await mounted(import.meta.url, NetworkMap);
