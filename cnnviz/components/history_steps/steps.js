// The browser's history: one step an act, and an address that is never behind what one does.
//
// What a control changes, Streamlit writes over the present address (an absolute one), what the server says over it or
// behind it (a relative one). Which of them is a step, and which is late, only the order of things tells.

const ENDS = ["click", "input", "change"]; // of an act
const ACTS = ["pointerdown", "keydown", ...ENDS];
const PATIENCE = 2_000; // milliseconds at rest, after which the server will not answer any more

export class Steps {
  /**
   * @param {Window} window
   * @param {{ isIdle(): boolean, toTop(): void, arrived(): void }} page
   */
  constructor(window, page) {
    this.window = window;
    this.page = page;
    this.hasActed = false;
    /** @type {string | null} the address that the step leads away from, until it is made */
    this.left = null;
    this.isAnswered = false; // whether the server has been at work since
    this.isLeaving = false; // whether the last act was on a link
    this.isOnItsWay = false; // whether a link to another page has been followed, which is not here yet
    this.isMade = false; // whether the last act has its step
    /** @type {Map<string, string> | null} what controls have written, until the server is heard to know it */
    this.mine = null;
    /** @type {string | null} the query that Back or Forward has come to, until then */
    this.gone = null;
    /** @type {string | null} what the server has said meanwhile */
    this.word = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isDown = false;
    this.isOver = true; // whether the last act has ended: its click comes after its step
    this.isOtherView = false;
    const { history } = window;
    this.push = history.pushState.bind(history);
    this.replace = history.replaceState.bind(history);
    this.#listen();
  }

  #listen() {
    const { window } = this;
    const { history } = window;
    for (const name of ACTS) window.addEventListener(name, (event) => this.#act(event), true);
    for (const name of ["pointerup", "pointercancel", "keyup"]) window.addEventListener(name, () => this.#lift(), true);
    window.addEventListener("popstate", () => this.#wander(), true);
    history.replaceState = (state, title, url) => this.#replaced(state, title, String(url ?? ""));
    history.pushState = (state, title, url) => this.#pushed(state, title, String(url ?? ""));
  }

  get here() {
    const { pathname, search, hash } = this.window.location;
    return pathname + search + hash;
  }

  /** Whether the server is about to hear of something that it must hear of alone. */
  get isAhead() {
    return this.mine !== null || this.gone !== null || this.isOnItsWay;
  }

  /** The server is at work. */
  work() {
    this.isAnswered = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The page rests. */
  settle() {
    if (this.isAnswered) this.#make();
    if (this.mine || this.gone !== null) this.timer ??= setTimeout(() => this.#accept(), PATIENCE);
  }

  /** The server is gone, and with it what it was asked. */
  lose() {
    this.isOnItsWay = false;
  }

  /**
   * A page has been drawn whole: the address that it was asked with, and the one that it has.
   * @param {{ page: string, asked: string, address: string }} drawn
   */
  hear({ page, asked, address }) {
    if (this.isOnItsWay || this.window.location.pathname.split("/").at(-1) !== page) return;
    const isAhead = this.mine !== null || this.gone !== null;
    if (isAhead || isSame(parameters(asked), parameters(this.window.location.search))) this.word = address;
    if (!isAhead || this.#isKnownTo(asked) || this.#isKnownTo(address)) this.#accept();
    else if (this.page.isIdle()) this.settle();
  }

  #isKnownTo(/** @type {string} */ query) {
    const said = parameters(query);
    if (this.gone !== null) return isSame(said, parameters(this.gone));
    return [...(this.mine ?? [])].every(([name, value]) => (said.get(name) ?? "") === value);
  }

  /** The server has the last word. */
  #accept() {
    const { word } = this;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.mine = this.gone = this.word = null;
    if (word === null || isSame(parameters(word), parameters(this.window.location.search))) return;
    this.window.history.pushState({}, "", this.window.location.pathname + (word && `?${word}`));
  }

  #act(/** @type {Event} */ event) {
    if (/** @type {KeyboardEvent} */ (event).repeat) return; // a key held down is one act
    if (event.type === "pointerdown" || event.type === "keydown") {
      this.isDown = event.type === "pointerdown";
      this.isOver = false;
      if (this.left === null && this.page.isIdle()) this.isOnItsWay = false;
      this.#make(); // the others end the same act
      this.isLeaving = linkOf(event) !== null;
    }
    if (event.type === "click") this.#follow(/** @type {MouseEvent} */ (event));
    if (this.isMade && !this.isOver && ENDS.includes(event.type)) return;
    this.hasActed = true;
    this.isMade = false;
  }

  #follow(/** @type {MouseEvent} */ event) {
    const link = linkOf(event);
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.target === "_blank") return;
    const { origin, pathname } = new URL(link.href, this.window.location.href);
    const { location } = this.window;
    this.isOnItsWay ||= origin === location.origin && pathname !== location.pathname;
  }

  #lift() {
    this.isDown = false;
    setTimeout(() => {
      this.isOver = !this.isDown; // the click has come
      this.#show();
    });
  }

  /** Another view begins at its top, but not under a finger that is down: its click would miss. */
  #show() {
    if (this.isDown || !this.isOtherView) return;
    this.isOtherView = false;
    this.page.toTop();
  }

  #wander() {
    this.hasActed = this.isMade = this.isOnItsWay = false;
    this.left = this.mine = this.word = null;
    this.gone = this.window.location.search.slice(1);
  }

  /** After a click on a link a step is made when the page has settled: what comes before may be of the next page. */
  #make() {
    if (this.left === null || this.isOnItsWay) return;
    const now = this.here;
    this.replace({}, "", this.left);
    this.left = null;
    this.push({}, "", now);
  }

  /** @param {any} state @param {string} title @param {string} url */
  #replaced(state, title, url) {
    const there = new URL(url, this.window.location.href);
    const isHere = there.pathname === this.window.location.pathname;
    if (isHere && url.startsWith("/")) return this.#say(state, title, url);
    if (isHere) this.#write(there);
    const isStep = this.hasActed && !this.isLeaving && this.left === null && isHere;
    if (isStep && settingsOf(there) !== settingsOf(new URL(this.here, there))) this.#step(state, title, url);
    else this.replace(state, title, url);
  }

  /** A control has written into the address what the server is about to be told. */
  #write(/** @type {URL} */ there) {
    const [before, after] = [parameters(this.window.location.search), parameters(there.search)];
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (one) => before.get(one) !== after.get(one),
    );
    if (!changed.length || this.gone !== null || this.isOnItsWay) return;
    this.mine ??= new Map();
    for (const name of changed) this.mine.set(name, after.get(name) ?? "");
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** @param {any} state @param {string} title @param {string} url */
  #pushed(state, title, url) {
    const { pathname } = new URL(url, this.window.location.href);
    if (pathname === this.window.location.pathname) return this.#say(state, title, url);
    if (this.left !== null) this.replace({}, "", this.left);
    if (this.isMade) this.replace(state, title, url);
    else this.push(state, title, url);
    this.hasActed = this.isMade = this.isOnItsWay = false;
    this.left = this.mine = this.gone = this.word = null;
    this.page.arrived();
  }

  /**
   * The server says another address of this page. After an act that is a step, made at once: who sees the answer can
   * go back from it. What it says by itself, or on arrival, is none.
   * @param {any} state @param {string} title @param {string} url
   */
  #say(state, title, url) {
    const there = new URL(url, this.window.location.href);
    if (this.mine || this.gone !== null) {
      this.word = there.search.slice(1); // which may be of before
      return;
    }
    if (viewOf(there) !== viewOf(new URL(this.here, there))) {
      this.isOtherView = true;
      this.#show();
    }
    if (this.hasActed && !this.isLeaving && this.left === null) {
      this.#step(state, title, url);
      return;
    }
    if (this.hasActed && this.left === null) {
      this.left = this.here;
      this.isAnswered = !this.page.isIdle();
    }
    this.hasActed = false;
    this.replace(state, title, url);
  }

  /** @param {any} state @param {string} title @param {string} url */
  #step(state, title, url) {
    this.hasActed = false;
    this.isMade = true;
    this.push(state, title, url);
  }
}

/** @returns {HTMLAnchorElement | null} */
function linkOf(/** @type {Event} */ event) {
  const link = event.composedPath().find((one) => /** @type {Element} */ (one).tagName === "A");
  return /** @type {HTMLAnchorElement | null} */ (link ?? null);
}

/** The values by name, as one text where there are several. */
function parameters(/** @type {string} */ query) {
  const all = new URLSearchParams(query);
  return new Map([...all.keys()].map((name) => [name, all.getAll(name).join(",")]));
}

/** @param {Map<string, string>} one @param {Map<string, string>} other */
const isSame = (one, other) => one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);

// What Back can undo: the projector's switch stays as it is from address to address.
function settingsOf(/** @type {URL} */ { search }) {
  const settings = new URLSearchParams(search);
  settings.delete("projector");
  return String(settings);
}

// What one looks at: a layer or a map of a network, or a network of the gallery.
const viewOf = (/** @type {URL} */ { pathname, searchParams }) =>
  pathname.endsWith("/models")
    ? (searchParams.get("model") ?? "")
    : (searchParams.get("look")?.split(":").slice(0, 2).join(":") ?? "");
