// HTML whose links lead on within the app.

import { followed } from "../shared/follow.js";
import { mounted } from "../shared/mount.js";

class Linked {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.html = "";
    this.follow = (/** @type {string} */ href) => this.tell?.("href", href);
    root.onclick = (event) => followed(event, this.follow);
    this.beside = ""; // the container whose links are meant too
    const listen = (/** @type {MouseEvent} */ event) => {
      const at = /** @type {Element} */ (event.target);
      if (!root.isConnected) document.removeEventListener("click", listen);
      else if (this.beside && at.closest?.(`.st-key-${this.beside}`)) followed(event, this.follow);
    };
    document.addEventListener("click", listen);
  }

  /**
   * @param {Packed} data
   * @param {Tell} tell
   */
  show({ spec }, tell) {
    this.tell = tell;
    this.beside = spec.beside;
    if (spec.html === this.html) return; // what has the focus keeps it
    this.html = spec.html;
    this.root.innerHTML = spec.html;
  }
}

export default await mounted(import.meta.url, Linked);
