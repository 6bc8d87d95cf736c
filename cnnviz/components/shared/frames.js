// What follows the pointer is drawn at most once a frame.

/** The first wish is drawn at once; further ones before the next frame are drawn together, in it. */
export class AtMostOnceAFrame {
  /** @param {() => void} draw */
  constructor(draw) {
    this.draw = draw;
    this.pending = 0;
    this.late = false;
  }

  ask() {
    if (this.pending) {
      this.late = true;
      return;
    }
    this.draw();
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (this.late) this.draw();
      this.late = false;
    });
  }

  cancel() {
    cancelAnimationFrame(this.pending);
  }
}
