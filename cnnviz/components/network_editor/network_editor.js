// A network as a drawing and a table. What a person does is told to Python as an action; Python answers with the
// network anew.

import { followed } from "../shared/follow.js";
import { mounted } from "../shared/mount.js";
import { element, focusAgain, focused } from "./dom.js";
import { layerTable } from "./layer_table.js";
import { drawVolumes } from "./volumes.js";

const PATIENCE = 3000; // milliseconds until an action that got no answer is taken for lost

class Editor {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.drawn = 0;
    /** @type {Map<string, boolean>} */
    this.folds = new Map();
    /** @type {{ action: unknown, focus: string | undefined }[]} */
    this.waiting = []; // Python hears of one action at a time: of two at once it would hear of the last only
    /** @type {Act} */
    this.act = (action, focus) => {
      this.waiting.push({ action: { ...action, version: this.spec.structure }, focus });
      if (!this.isSent()) this.send();
    };
    /** @type {Fold} */
    this.fold = (key, open) => {
      this.folds.set(key, open);
      this.draw();
    };
    this.onKey = (/** @type {KeyboardEvent} */ event) => undoKey(event, this);
  }

  open() {
    document.addEventListener("keydown", this.onKey);
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
  }

  isSent() {
    return this.sent && this.sent.version === this.spec.version && performance.now() - this.sent.at < PATIENCE;
  }

  send() {
    const next = this.waiting.shift();
    if (!next) return;
    const { action, focus } = next;
    this.sent = { version: this.spec.version, at: performance.now() };
    this.focus = focus;
    this.tell(action);
  }

  /**
   * @param {any} data
   * @param {Tell} tell
   */
  show({ spec }, tell) {
    /** @type {(action: unknown) => void} */
    this.tell = (action) => tell("action", action);
    this.root.onclick = (event) => followed(event, (href) => tell("href", href));
    if (this.spec && this.spec.opened !== spec.opened) this.folds.clear();
    // a server that has started anew counts from 0
    if (this.spec && this.spec.version !== spec.version) this.sent = undefined;
    this.spec = spec;
    this.draw();
    /** @type {TakesNumbers} */ (this.root).dataset.drawn = ++this.drawn; // tests and benchmarks wait for it
    this.root.dataset.version = spec.version;
    if (!this.isSent()) this.send();
  }

  draw() {
    const where = this.focus ? { name: this.focus } : focused(this.root);
    this.focus = undefined;
    draw(this.root, this.spec, this.act, this.folds, this.fold, where);
  }
}

/**
 * @param {HTMLElement} root
 * @param {NetworkSpec} spec
 * @param {Act} act
 * @param {Map<string, boolean>} folds
 * @param {Fold} fold
 * @param {{ name: string } | null} where
 */
function draw(root, spec, act, folds, fold, where) {
  const scrolled = [...root.querySelectorAll(".scroll")].map((node) => node.scrollLeft);
  /** @type {HTMLElement} */ (root.querySelector(".title")).textContent =
    `${spec.name}: ${spec.totals.params} parameters, ${spec.totals.macs} multiply-adds`;
  drawVolumes(
    /** @type {HTMLElement} */ (root.querySelector(".volumes")),
    spec.volumes,
    spec.editable ? (path) => act({ op: "choose", path }) : null,
  );
  /** @type {HTMLDetailsElement | null} */
  const palette = root.querySelector(".palette");
  const isOpen = palette ? palette.open : !spec.isProjected;
  /** @type {HTMLElement} */ (root.querySelector(".tools")).replaceChildren(
    ...(spec.editable ? tools(spec, act, isOpen) : []),
  );
  /** @type {HTMLElement} */ (root.querySelector(".said")).textContent = spec.said || "";
  /** @type {HTMLElement} */ (root.querySelector(".sheet")).replaceChildren(layerTable(spec, act, folds, fold));
  [...root.querySelectorAll(".scroll")].forEach((node, i) => (node.scrollLeft = scrolled[i] || 0));
  focusAgain(root, where);
}

/**
 * @param {NetworkSpec} spec
 * @param {Act} act
 * @param {boolean} isOpen
 */
function tools(spec, act, isOpen) {
  const button = (/** @type {string} */ op, /** @type {string} */ label, /** @type {boolean} */ isOff) =>
    element("button", { type: "button", "data-name": op, disabled: isOff, onclick: () => act({ op }) }, label);
  return [
    element(
      "div",
      { class: "history" },
      button("undo", "↶ Undo", !spec.canUndo),
      button("redo", "↷ Redo", !spec.canRedo),
      button("clear", "Start empty", !spec.canClear),
    ),
    element(
      "details",
      { class: "palette", open: isOpen },
      element("summary", {}, `Add ${spec.where}:`),
      element(
        "div",
        { role: "group", "aria-label": `Add a layer ${spec.where}` },
        ...spec.palette.map(([kind, group]) =>
          element(
            "button",
            {
              type: "button",
              class: `add ${group}`,
              "data-name": `add:${kind}`,
              onclick: () => act({ op: "add", kind }),
            },
            kind,
          ),
        ),
      ),
    ),
  ];
}

/**
 * Undo works anywhere on the page but where a text is being typed.
 * @param {KeyboardEvent} event
 * @param {Editor} editor
 */
function undoKey(event, editor) {
  const at = /** @type {Element} */ (event.composedPath()[0]);
  if (
    !(event.ctrlKey || event.metaKey) ||
    !editor.spec.editable ||
    (at.matches && at.matches("input[type=text], input[type=number], input:not([type]), select, textarea"))
  )
    return;
  const op = /** @type {Record<string, string>} */ ({ z: event.shiftKey ? "redo" : "undo", Z: "redo", y: "redo" })[
    event.key
  ];
  if (!op) return;
  event.preventDefault();
  editor.act({ op });
}

export default await mounted(import.meta.url, Editor);
