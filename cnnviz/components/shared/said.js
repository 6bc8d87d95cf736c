// What the browser and the address tell each other.

/** A text that the address keeps: what comes back late from the server does not undo what was said since. */
export class Said {
  constructor() {
    /** @type {string | null} */
    this.known = "";
    /** @type {string[]} */
    this.underway = [];
  }

  /**
   * Whether the server has something new to say.
   * @param {string} value
   */
  hear(value) {
    const at = this.underway.indexOf(value);
    if (at >= 0) this.underway.splice(0, at + 1);
    const news = at < 0 && value !== this.known;
    this.known = value;
    return news;
  }

  /** Take whatever the server says next. */
  forget() {
    this.known = null;
    this.underway = [];
  }

  /**
   * Whether this has to be sent.
   * @param {string} value
   */
  say(value) {
    const last = this.underway.length ? this.underway[this.underway.length - 1] : this.known;
    if (value === last) return false;
    this.underway.push(value);
    return true;
  }
}
