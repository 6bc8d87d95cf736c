// The layer as its sliders have it, before the server has answered: one sees what a setting does while one moves it.
//
// The server has the last word on all that nobody is moving.

import { slid } from "./sliding.js";

/** The settings that act at once. */
const NAMES = /** @type {const} */ (["kernel_size", "stride", "padding", "dilation"]);
const SIZES = 11; // of square kernels that the server has, 1×1 first
const MOST_KEPT = 12; // 1 MB each at most

/** @type {Map<string, Float32Array | null>} */
const shelf = new Map();

/**
 * Where square kernels of a size begin among those of all sizes.
 * @param {number} maps
 * @param {number} size
 */
function begin(maps, size) {
  let at = 0;
  for (let k = 1; k < size; k++) at += maps * k * k;
  return at;
}

export class Ahead {
  /** @param {AheadView} explorer */
  constructor(explorer) {
    this.explorer = explorer;
    /** @type {AheadSpec | undefined} */
    this.spec = undefined;
    /** @type {Map<string, string>} by the control's name, what its slider has and the server does not know yet */
    this.moved = new Map();
    /** @type {Map<string, string>} what it has there */
    this.known = new Map();
    this.hand = ""; // the control that was touched last
    this.observer = new MutationObserver((changes) => this.look(changes));
    this.touch = (/** @type {Event} */ event) => {
      const control = this.controlOf(event.target);
      if (event.type === "pointerdown" || event.type === "keydown") this.hand = control;
      else if (control) this.fetch(); // it is about to be used
    };
    this.leave = () => {
      const wasAhead = this.isAhead;
      this.moved.clear();
      this.hand = "";
      if (wasAhead) this.changed(); // the server may have heard nothing of it, and says nothing
      explorer.anchor = undefined;
      explorer.said.at.forget(); // the address that one has gone back to has the last word
    };
  }

  changed() {
    const made = this.isAhead ? this.applied(this.explorer.told) : this.explorer.told;
    if (made) this.explorer.present(made);
  }

  open() {
    const main = document.querySelector("[data-testid=stMain]");
    if (main) this.observer.observe(main, { subtree: true, attributes: true, attributeFilter: ["aria-valuetext"] });
    for (const name of ["pointerdown", "keydown", "pointerover", "focusin"])
      document.addEventListener(name, this.touch, true);
    window.addEventListener("popstate", this.leave);
  }

  close() {
    this.observer.disconnect();
    for (const name of ["pointerdown", "keydown", "pointerover", "focusin"])
      document.removeEventListener(name, this.touch, true);
    window.removeEventListener("popstate", this.leave);
    this.moved.clear();
  }

  /** Whether the picture is ahead of the server. */
  get isAhead() {
    return this.moved.size > 0;
  }

  /** The control of this layer that an element is in. */
  controlOf(/** @type {EventTarget | null} */ element) {
    if (!this.spec || !(element instanceof Element)) return "";
    const controls = Object.values(this.spec.controls).flat();
    return controls.find((control) => element.closest(`.st-key-${CSS.escape(control)}`)) ?? "";
  }

  /** What the server knows now. A slider that nobody holds any more is as the server says. */
  hear(/** @type {AheadSpec | undefined} */ spec) {
    this.spec = spec;
    this.known.clear();
    for (const name of NAMES)
      spec?.controls[name]?.forEach((control, axis) => this.known.set(control, spec.values[name]?.[axis] ?? ""));
    for (const [control, text] of this.moved)
      if (this.known.get(control) === text || control !== this.hand) this.moved.delete(control);
  }

  look(/** @type {MutationRecord[]} */ changes) {
    let isNews = false;
    for (const { target } of changes) {
      const control = this.controlOf(target);
      const text = /** @type {Element} */ (target).getAttribute("aria-valuetext");
      const known = this.known.get(control);
      if (!control || control !== this.hand || text === null || text === (this.moved.get(control) ?? known)) continue;
      if (text === known) this.moved.delete(control);
      else this.moved.set(control, text);
      isNews = true;
    }
    if (isNews) this.changed();
  }

  /** The kernels of all sizes, once. */
  fetch() {
    const query = this.spec?.kernels;
    if (!query || shelf.has(query)) return;
    for (const oldest of [...shelf.keys()].slice(0, Math.max(0, shelf.size - MOST_KEPT + 1))) shelf.delete(oldest);
    shelf.set(query, null);
    fetch(new URL(`../filter_bank?${query}`, import.meta.url))
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then((all) => {
        shelf.set(query, new Float32Array(all));
        if (this.isAhead) this.changed();
      })
      .catch(() => shelf.delete(query)); // the server's picture comes all the same
  }

  /** A setting along both axes, as numbers. */
  numbers(/** @type {AheadSpec} */ spec, /** @type {typeof NAMES[number]} */ name, /** @type {Place} */ kernel) {
    return /** @type {Place} */ (
      [0, 1].map((axis) => {
        const text = this.moved.get(spec.controls[name]?.[axis] ?? "") ?? spec.values[name]?.[axis] ?? "";
        return text === "kernel" ? kernel[axis] : Number(text);
      })
    );
  }

  /**
   * What the server's description and arrays will be; null where that is not known, or where the server knows all.
   * @param {Described} told
   * @returns {Described | null}
   */
  applied(told) {
    const { spec } = this;
    if (!spec || !this.isAhead) return null;
    const kernel = this.numbers(spec, "kernel_size", [1, 1]);
    const [stride, padding, dilation] = [
      this.numbers(spec, "stride", kernel),
      spec.padding ?? this.numbers(spec, "padding", kernel),
      this.numbers(spec, "dilation", kernel),
    ];
    const geometry = slid({
      ...spec,
      input: /** @type {Place} */ (told.spec.input.slice(1)),
      ...{ kernel, stride, padding, dilation },
    });
    const kernels = this.kernels(told, kernel);
    if (!geometry || kernels === null) return null;
    const { out, taps, divisors, ...places } = geometry;
    return {
      spec: {
        ...told.spec,
        ...places,
        ...{ stride, dilation },
        kernel: [told.spec.kernel[0], told.spec.kernel[1], ...kernel],
        output: [told.spec.output[0], ...out],
      },
      arrays: { ...told.arrays, ...taps, ...(kernels && { kernels }), ...(divisors && { divisors }) },
    };
  }

  /**
   * The kernels of this size; nothing where a pooling has none, null where they are not here.
   * @param {Described} told
   * @param {Place} size
   */
  kernels({ spec, arrays }, [kh, kw]) {
    const [filters, channels, ...had] = spec.kernel;
    if (!arrays.kernels || (had[0] === kh && had[1] === kw)) return arrays.kernels;
    this.fetch();
    const all = shelf.get(this.spec?.kernels ?? "");
    if (!all || kh !== kw || kh > SIZES) return null;
    return all.slice(begin(filters * channels, kh), begin(filters * channels, kh + 1));
  }
}
