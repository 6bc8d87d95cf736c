// The network at a glance. Looking around, zooming and panning never call the server; a click goes a level deeper.

import { TABLES } from "../shared/colours.js";
import { make } from "../shared/map_box.js";
import { bytes, drawLegend, sized, text, unpack } from "../shared/maps.js";
import { mounted } from "../shared/mount.js";
import { savePicture } from "../shared/picture.js";
import { drawField, drawLook, drawNetwork, scaleOf, symmetricAround, tilesOf } from "./drawing.js";
import { hit, layout, tileAt } from "./layout.js";
import { consumers } from "./links.js";
import { Minimap } from "./minimap.js";
import { feedsInWords, fieldInWords, fullName, readsInWords, unitName, whatInWords } from "./words.js";

const remembered = new Map(); // where one was in a network when one looked closer
const MANY = 15,
  TALLEST = 660,
  ZOOMS = [0.12, 0.18, 0.27, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2.2, 3];

class NetworkMap {
  constructor(root) {
    this.root = root;
    this.parts = Object.fromEntries([...root.querySelectorAll("[data-role]")].map((part) => [part.dataset.role, part]));
    this.base = root.querySelector(".base");
    this.over = root.querySelector(".over");
    this.minimap = new Minimap(this.parts.minimap, (share) => this.centre(share * this.plan.width));
    this.drawn = 0;
    const { scroll, jump } = this.parts;
    scroll.onscroll = () => this.ask();
    scroll.onpointermove = (event) => this.pointer(event);
    scroll.onpointerleave = () => this.look(null);
    scroll.onpointerdown = (event) => {
      if (event.pointerType === "mouse" && event.button === 0 && event.target !== scroll)
        this.pan = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
    };
    scroll.onpointerup = scroll.onpointercancel = () => this.endPan();
    scroll.onclick = (event) => this.tap(event);
    scroll.onkeydown = (event) => this.key(event);
    scroll.onblur = () => this.look(null);
    scroll.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1 : -1, [event.clientX, event.clientY]);
      },
      { passive: false },
    );
    jump.onchange = () => this.goTo(Number(jump.value));
    root.onclick = (event) => this.press(event.target.closest("button")?.dataset.do);
  }

  fit() {
    this.arrange();
  }

  close() {
    cancelAnimationFrame(this.pending);
  }

  show(data, tell) {
    const before = this.spec;
    this.spec = data.spec;
    this.tell = (at) => tell("look", { at });
    this.stamps = bytes(data.spec.stamps);
    const arrays = unpack(data);
    this.plan = layout(this.spec);
    let shown = 0,
      offset = 0;
    for (const column of this.plan.columns) {
      const count = column.channels.length;
      column.low = arrays.low.subarray(shown, shown + count);
      column.high = arrays.high.subarray(shown, shown + count);
      column.offset = offset;
      shown += count;
      offset += count * column.stamp[0] * column.stamp[1];
      if (column.field) {
        const [start, rows, cols] = column.field;
        column.fields = [0, rows, 2 * rows, 2 * rows + cols].map((from, i) =>
          arrays.fields.subarray(start + from, start + from + (i < 2 ? rows : cols)),
        );
      }
    }
    const signed = this.plan.columns.filter(({ table }) => table === "activations");
    this.top = Math.max(...signed.flatMap(({ span }) => span.map(Math.abs)), 0);
    this.fed = consumers(this.plan.columns);
    const same = before && before.network === this.spec.network && before.columns.length === this.spec.columns.length;
    for (const name of ["looked", "focus"])
      if (this[name] && this[name].slot >= this.plan.columns[this[name].index]?.channels.length) this[name] = null;
    const style = getComputedStyle(this.root);
    this.colours = {
      text: style.getPropertyValue("--st-text-color") || "#222",
      back: style.getPropertyValue("--st-secondary-background-color") || "#eee",
      page: style.getPropertyValue("--st-background-color") || "#fff",
    };
    if (!same) this.build();
    this.arrange(!same);
    this.say();
  }

  build() {
    const { columns } = this.plan,
      many = columns.length > MANY,
      { jump, scroll, hint } = this.parts;
    jump.parentElement.hidden = !many;
    this.parts.minimap.hidden = !many;
    jump.replaceChildren(
      ...columns.map(({ name, title, subtitle }, index) =>
        Object.assign(make("option", "", `${name === "input" ? title : name} · ${subtitle}`), { value: index }),
      ),
    );
    hint.textContent = matchMedia("(hover: none)").matches
      ? "Tap a map to see what it is made of; once more for its arithmetic. A layer's name leads to all its maps."
      : "Move over a map to see what it is made of; click it for its arithmetic, a layer's name for all its maps.";
    scroll.setAttribute(
      "aria-label",
      `The network, ${columns.length} columns from the input to ${columns[columns.length - 1].title}. Left and right go from layer to layer, up and down from map to map, Enter looks closer.`,
    );
    this.looked = this.focus = null;
  }

  /** Give everything its size for the room at hand. */
  arrange(isNew = false) {
    const { scroll, view } = this.parts,
      kept = remembered.get(this.spec.network);
    this.width = this.root.clientWidth;
    if (isNew) this.zoom = kept?.zoom || this.fitting();
    const place = isNew ? [kept?.left || 0, kept?.top || 0] : [scroll.scrollLeft, scroll.scrollTop];
    this.setZoom(this.zoom);
    [scroll.scrollLeft, scroll.scrollTop] = place;
    view.style.height = "";
    this.minimap.build(this.plan, this.colours);
    this.draw();
    this.root.dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
  }

  fitting() {
    const room = this.width - 4,
      { width, height } = this.plan;
    const fits = room / width;
    return Math.max(0.66, Math.min(1.1, TALLEST / height, fits < 0.66 ? 1.1 : fits)); // what has to be scrolled anyway may be large
  }

  setZoom(zoom) {
    const { scroll, spacer } = this.parts,
      { width, height } = this.plan;
    this.zoom = zoom;
    spacer.style.width = `${width * zoom}px`;
    spacer.style.height = `${height * zoom}px`;
    scroll.style.height = `${Math.min(TALLEST, height * zoom) + (scroll.offsetHeight - scroll.clientHeight)}px`;
    this.size = [scroll.clientWidth, scroll.clientHeight];
    this.pens = [this.base, this.over].map((canvas) => sized(canvas, ...this.size));
    this.ratio = this.base.width / this.size[0];
  }

  zoomBy(by, at) {
    const next =
      by > 0
        ? ZOOMS.find((zoom) => zoom > this.zoom * 1.01)
        : [...ZOOMS].reverse().find((zoom) => zoom < this.zoom * 0.99);
    if (!next) return;
    const { scroll } = this.parts,
      [x, y] = at ? this.inside(...at) : this.size.map((side) => side / 2);
    const grown = next / this.zoom,
      left = (scroll.scrollLeft + x) * grown - x,
      top = (scroll.scrollTop + y) * grown - y;
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
    const { scrollLeft, scrollTop } = this.parts.scroll,
      [wide, tall] = this.size,
      { zoom } = this;
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
  turn(pen) {
    const { scrollLeft, scrollTop } = this.parts.scroll,
      scale = this.ratio * this.zoom;
    pen.setTransform(scale, 0, 0, scale, -scrollLeft * this.ratio, -scrollTop * this.ratio);
    pen.imageSmoothingEnabled = false;
  }

  drawLook() {
    const pen = this.pens[1],
      [wide, tall] = this.size;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    if (!this.looked) return;
    this.turn(pen);
    drawLook(pen, this, this.looked, this.zoom);
    const field = this.field();
    if (field) this.drawField(pen, field);
  }

  /** What the cell under the pointer can read of the input: its first and last row and column. */
  field() {
    const { index, slot, cell } = this.looked,
      column = this.plan.columns[index];
    if (slot < 0 || !cell || !column.fields || !index) return null;
    const [rowFirst, rowLast, colFirst, colLast] = column.fields,
      at = (list, i) => list[Math.min(i, list.length - 1)];
    if (column.isUnit)
      return [Math.min(...rowFirst), Math.min(...colFirst), Math.max(...rowLast), Math.max(...colLast)];
    return [at(rowFirst, cell[0]), at(colFirst, cell[1]), at(rowLast, cell[0]), at(colLast, cell[1])];
  }

  drawField(pen, field) {
    const input = this.plan.columns[0],
      { scrollLeft } = this.parts.scroll;
    if (input.left + input.tile[1] > scrollLeft / this.zoom) {
      for (let slot = 0; slot < input.channels.length; slot++)
        drawField(pen, field, input.size, [...tileAt(input, slot), input.tile[1], input.tile[0]], this.zoom);
      return;
    }
    const [h, w] = input.size,
      tall = (84 * h) / Math.max(h, w),
      wide = (84 * w) / Math.max(h, w),
      box = [10, this.size[1] - tall - 10, wide, tall];
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0); // out of sight: in the corner
    pen.imageSmoothingEnabled = false;
    pen.drawImage(tilesOf(this, input)[0], ...box);
    pen.strokeStyle = "#808080";
    pen.strokeRect(...box);
    drawField(pen, field, input.size, box, 1);
  }

  /** Where the pointer is in the view, in its own pixels: the page as a whole may be enlarged. */
  inside(x, y) {
    const { scroll } = this.parts,
      box = scroll.getBoundingClientRect(),
      enlarged = box.width / scroll.offsetWidth || 1;
    return [(x - box.left) / enlarged, (y - box.top) / enlarged];
  }

  at(event) {
    const { scroll } = this.parts,
      [x, y] = this.inside(event.clientX, event.clientY);
    return hit(this.plan, (x + scroll.scrollLeft) / this.zoom, (y + scroll.scrollTop) / this.zoom);
  }

  pointer(event) {
    const { pan } = this,
      { scroll } = this.parts;
    if (pan && !(event.buttons & 1))
      this.pan = null; // released elsewhere
    else if (pan) {
      const x = event.clientX - pan.x,
        y = event.clientY - pan.y;
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

  look(at) {
    const same = (a, b) =>
      a === b || (a && b && a.index === b.index && a.slot === b.slot && String(a.cell) === String(b.cell));
    if (same(at, this.looked)) return;
    this.looked = at;
    this.drawLook();
    this.say();
  }

  say(aloud = false) {
    const { what, reads, feeds, legend, live } = this.parts,
      { columns } = this.plan,
      look = this.looked;
    this.parts.hint.hidden = Boolean(look);
    if (look) this.parts.jump.value = look.index;
    this.root.dataset.look = look
      ? `${columns[look.index].name}:${look.slot < 0 ? "" : columns[look.index].channels[look.slot]}`
      : "";
    if (!look) {
      what.textContent = this.parts.field.textContent = reads.textContent = feeds.textContent = "";
      if (this.spec.scaleOf === "network")
        drawLegend(
          legend,
          "All layers",
          {
            min: Math.min(...columns.map(({ span }) => span[0])),
            max: Math.max(...columns.map(({ span }) => span[1])),
          },
          symmetricAround(this.top),
          TABLES.activations,
        );
      else legend.replaceChildren();
      return;
    }
    const column = columns[look.index],
      { slot } = look,
      field = this.field();
    const [min, max] = slot < 0 ? column.span : [column.low[slot], column.high[slot]];
    const odd = slot < 0 ? column.odd.reduce((sum, count) => sum + count, 0) : column.odd[slot];
    drawLegend(
      legend,
      slot < 0 ? fullName(column) : unitName(column, column.channels[slot]),
      { min, max, note: odd ? `${odd} values are NaN or infinite` : min === 0 && max === 0 ? "all zero" : "" },
      scaleOf(this, column, slot),
      TABLES[column.table],
    );
    what.textContent = whatInWords(columns, look, min);
    this.parts.field.textContent = field && !column.isUnit ? fieldInWords(look.cell, field, columns[0].size) : "";
    reads.textContent = readsInWords(columns, look);
    feeds.textContent = feedsInWords(columns, this.fed, look);
    if (aloud)
      live.textContent = `${what.textContent}. From ${text(min, 3)} to ${text(max, 3)}. ${this.parts.field.textContent} ${reads.textContent} ${feeds.textContent}`;
  }

  /** A finger cannot hover: its first tap looks, its second enters. */
  tap(event) {
    if (this.wasPan) return;
    const at = this.at(event),
      before = this.tapped;
    this.tapped = at && `${at.index}:${at.slot}`;
    if (event.pointerType === "touch" && at && this.tapped !== before) this.look(at);
    else this.enter(at);
  }

  enter(at) {
    if (!at) return;
    const { name, channels } = this.plan.columns[at.index];
    this.tell(at.slot < 0 ? name : `${name}:${channels[at.slot]}`);
  }

  key(event) {
    const { columns } = this.plan,
      now = this.looked || this.focus;
    if (event.key === "Enter") {
      event.preventDefault();
      return this.enter(now);
    }
    if (event.key === "+" || event.key === "-") return this.zoomBy(event.key === "+" ? 1 : -1);
    const by = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      Home: [-1e6, 0],
      End: [1e6, 0],
    }[event.key];
    if (!by) return;
    event.preventDefault();
    const index = now ? Math.max(0, Math.min(columns.length - 1, now.index + by[0])) : 0,
      column = columns[index];
    const slot = Math.max(-1, Math.min(column.channels.length - 1, (now ? now.slot : 0) + (now ? by[1] : 0)));
    this.goTo(index, slot);
  }

  /** Look at a map from the keyboard or the list, and bring it into sight. */
  goTo(index, slot = 0) {
    const column = this.plan.columns[index],
      { scroll } = this.parts,
      y = slot < 0 ? column.top : tileAt(column, slot)[1];
    const middle = (column.size[0] - 1) >> 1;
    const left = column.left * this.zoom,
      top = y * this.zoom;
    if (left < scroll.scrollLeft + 20 || left + 120 > scroll.scrollLeft + this.size[0])
      this.centre(column.left + column.wide / 2);
    if (top < scroll.scrollTop || top + 60 * this.zoom > scroll.scrollTop + this.size[1])
      scroll.scrollTop = top - this.size[1] / 3;
    this.focus = { index, slot, cell: slot < 0 || column.isUnit ? null : [middle, (column.size[1] - 1) >> 1] };
    this.looked = this.focus;
    this.draw();
    this.say(true);
  }

  centre(x) {
    this.parts.scroll.scrollLeft = x * this.zoom - this.size[0] / 2;
  }

  press(what) {
    if (what === "in" || what === "out") this.zoomBy(what === "in" ? 1 : -1);
    else if (what === "fit") {
      const { width, height } = this.plan;
      this.setZoom(Math.max(0.01, Math.min(1.6, (this.width - 4) / width, TALLEST / height)));
      this.draw();
    } else if (what === "picture") savePicture(this.root, "network.png");
  }
}

export default await mounted(import.meta.url, NetworkMap);
