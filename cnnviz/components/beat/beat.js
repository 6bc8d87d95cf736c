// Asks for a part of the page again, when the page rests, and one part at a time. Streamlit's own timers ask at any
// time: what a run has sent just before is thrown away then, its timers included, and the tab stands still for good.

import { mounted } from "../shared/mount.js";

const AGAIN = 100; // milliseconds to the next look whether the page rests
const PATIENCE = 10_000; // an answer that takes longer may be lost

/** @type {Beat | null} */
let asking = null; // whose answer is awaited

class Beat {
  constructor() {
    this.round = "";
    this.due = 0;
    this.look = () => this.#look();
  }

  open() {
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  /**
   * @param {Packed<{ seconds: number, round: string }>} data
   * @param {Tell} tell
   */
  show({ spec }, tell) {
    this.tell = tell;
    if (spec.round === this.round) return;
    this.round = spec.round;
    if (asking === this) asking = null;
    this.due = performance.now() + spec.seconds * 1000;
    this.look();
  }

  close() {
    document.removeEventListener("visibilitychange", this.look);
    clearTimeout(this.timer);
    if (asking === this) asking = null;
  }

  #look() {
    clearTimeout(this.timer);
    if (document.hidden || !this.tell) return; // until it is looked at
    const late = performance.now() - this.due;
    if (late < 0) this.timer = setTimeout(this.look, -late);
    else if ((asking || !rests()) && late < PATIENCE) this.timer = setTimeout(this.look, AGAIN);
    else {
      asking = this;
      this.due = performance.now() + PATIENCE;
      this.tell("beat", this.round);
      this.timer = setTimeout(this.look, PATIENCE);
    }
  }
}

function rests() {
  /** @type {HTMLElement | null} */
  const app = document.querySelector("[data-testid=stApp]");
  const isStill = app?.dataset.testScriptState === "notRunning" && app.dataset.testConnectionState === "CONNECTED";
  return isStill && !window.cnnvizSteps?.isAhead; // or what was asked before would be asked as of another page
}

export default await mounted(import.meta.url, Beat);
