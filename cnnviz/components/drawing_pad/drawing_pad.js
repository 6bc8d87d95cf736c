// The drawing pad. A drawing is strokes joined by dots: the colour's letter, then x and y of each point on a 64×64
// grid.

import { mounted } from "../shared/mount.js";
import { Said } from "../shared/said.js";

const NAMES = { w: "white", r: "red", g: "green", b: "blue", k: "black (eraser)" };

class Pad {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.live = /** @type {HTMLElement} */ (root.querySelector("[aria-live]"));
    this.colour = "w";
    this.said = new Said();
    /** @type {string[]} */
    this.strokes = [];
    /** @type {Place} */
    this.cursor = [32, 32];
    const { canvas } = this;
    canvas.onpointerdown = (event) => {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.begin(this.at(event));
      event.preventDefault();
      canvas.focus({ preventScroll: true });
    };
    canvas.onpointermove = (event) => {
      if (!this.stroke || !canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.extend(this.at(part));
      this.extend(this.at(event));
    };
    canvas.onpointerup = canvas.onpointercancel = () => this.end();
    canvas.onkeydown = (event) => this.key(event);
    canvas.onblur = () => {
      this.end();
      this.keyboard = false;
      this.draw();
    };
    root.onclick = (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (!button) return;
      if (button.dataset.colour) {
        this.colour = button.dataset.colour;
        this.palette();
        return;
      }
      this.end();
      if (button.dataset.do === "undo") this.strokes.pop();
      else this.strokes = [];
      this.draw();
      this.say();
    };
  }

  fit() {
    this.draw();
  }

  /**
   * @param {any} data
   * @param {Tell} tell
   */
  show({ spec }, tell) {
    this.spec = spec;
    /** @type {(drawing: string) => void} */
    this.tell = (drawing) => tell("drawing", [drawing]);
    if (this.said.hear(spec.drawing)) {
      this.strokes = spec.drawing ? spec.drawing.split(".") : [];
      this.stroke = null; // one that is half drawn belongs to what was there before
    }
    if (!spec.colours[this.colour]) this.colour = "w";
    this.palette();
    this.draw();
  }

  palette() {
    const letters = Object.keys(this.spec.colours);
    const group = /** @type {HTMLElement} */ (this.root.querySelector(".colours"));
    group.replaceChildren(
      ...(letters.length < 2 ? [] : letters).map((letter) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.colour = letter;
        button.style.background = `rgb(${this.spec.colours[letter]})`;
        button.setAttribute("aria-label", NAMES[/** @type {keyof typeof NAMES} */ (letter)]);
        button.setAttribute("aria-pressed", String(letter === this.colour));
        return button;
      }),
    );
  }

  /**
   * @returns {Place}
   * @param {PointerEvent} event
   */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const along = (/** @type {number} */ value, /** @type {number} */ size) =>
      Math.max(0, Math.min(63, Math.floor((value / size) * 64)));
    return [along(event.clientX - box.left, box.width), along(event.clientY - box.top, box.height)];
  }

  /** @param {Place} point */
  begin(point) {
    this.end();
    this.stroke = this.colour;
    this.strokes.push(this.stroke);
    this.extend(point);
  }

  /** @param {Place} point */
  extend([x, y]) {
    const { alphabet, most } = this.spec;
    const last = /** @type {string} */ (this.stroke).slice(-2);
    const next = alphabet[x] + alphabet[y];
    if (/** @type {string} */ (this.stroke).length > 1 && last === next) return;
    if (this.strokes.join(".").length + 2 > most) return;
    this.stroke += next;
    this.strokes[this.strokes.length - 1] = /** @type {string} */ (this.stroke);
    this.draw();
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.say();
  }

  say() {
    const drawing = this.strokes.join(".");
    if (this.said.say(drawing)) this.tell(drawing);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = /** @type {Record<string, Place>} */ ({
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    })[event.key];
    if (event.key === " ") {
      if (this.stroke) this.end();
      else this.begin(this.cursor);
      this.live.textContent = this.stroke ? "Pen down" : "Pen up";
    } else if (by) {
      const step = event.shiftKey ? 1 : 3;
      const inside = (/** @type {number} */ value) => Math.max(0, Math.min(63, value));
      this.cursor = [inside(this.cursor[0] + step * by[0]), inside(this.cursor[1] + step * by[1])];
      if (this.stroke) this.extend(this.cursor);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.keyboard = true;
    this.draw();
  }

  draw() {
    const { canvas, spec } = this;
    const side = canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    if (!side) return;
    canvas.width = canvas.height = Math.round(side * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const unit = canvas.width / 64;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.lineWidth = spec.pen * canvas.width;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      const points = [...stroke.slice(1)].map((letter) => (spec.alphabet.indexOf(letter) + 0.5) * unit);
      context.strokeStyle = `rgb(${spec.all[stroke[0]] || spec.all.w})`;
      context.beginPath();
      for (let i = 0; i + 1 < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
      if (points.length === 2) context.lineTo(points[0] + 0.01, points[1]);
      context.stroke();
    }
    /** @type {TakesNumbers} */ (this.root).dataset.strokes = this.strokes.length; // tests wait for it
    if (this.keyboard) {
      context.strokeStyle = "#ffd400";
      context.lineWidth = 2 * ratio;
      context.beginPath();
      context.arc(
        (this.cursor[0] + 0.5) * unit,
        (this.cursor[1] + 0.5) * unit,
        (spec.pen * canvas.width) / 2,
        0,
        2 * Math.PI,
      );
      context.stroke();
    }
  }
}

export default await mounted(import.meta.url, Pad);
