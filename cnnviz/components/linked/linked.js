// HTML whose links lead on within the app.

import { followed } from "../shared/follow.js";
import { mounted } from "../shared/mount.js";

class Linked {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.html = "";
    root.onclick = (event) => followed(event, (href) => this.tell?.("href", href));
  }

  /**
   * @param {Packed} data
   * @param {Tell} tell
   */
  show({ spec }, tell) {
    this.tell = tell;
    if (spec.html === this.html) return; // what has the focus keeps it
    this.html = spec.html;
    this.root.innerHTML = spec.html;
  }
}

export default await mounted(import.meta.url, Linked);
