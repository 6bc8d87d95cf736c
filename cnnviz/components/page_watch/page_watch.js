// What a page needs of the browser itself: one step of the history an act, and no act that nobody would hear.

import { mounted, sheetOf } from "../shared/mount.js";

const ACTS = ["pointerdown", "keydown", "click", "input", "change"];

const PHONE = 640; // pixels, as in the pages' style
const PATIENCE = 60_000; // milliseconds for a page that breaks off before its end

class PageWatch {
  /** @param {HTMLElement} banner */
  constructor(banner) {
    this.app = /** @type {HTMLElement} */ (document.querySelector("[data-testid=stApp]"));
    this.banner = banner;
    this.observer = new MutationObserver(() => watch(this.app, banner));
    oneStepAnAct();
  }

  open() {
    const attributeFilter = ["data-test-connection-state", "data-test-script-state"];
    this.observer.observe(this.app, { attributes: true, attributeFilter });
  }

  /** @param {Packed} data */
  show({ spec }) {
    watch(this.app, this.banner, spec.drawn);
  }

  close() {
    this.observer.disconnect();
  }
}

// What the page itself writes into the address after an act, or on arrival, is no step of its own. And what comes while
// a link leads away is of the next page, though Streamlit writes it into this one: after a click on a link a step is
// made when the page has settled, which it has not yet where the server has not begun to answer. Streamlit may also
// write what is of the next page before it has changed the page: the step made for that becomes that to the next page.
function oneStepAnAct() {
  if (window.cnnvizSteps) return;
  const { history } = window;
  const { pushState: push, replaceState: replace } = history;
  let hasActed = false;
  /** @type {string | null} */
  let left = null; // the address that the step leads away from, until it is made
  let isAnswered = false; // whether the server has been at work since
  let isLeaving = false; // whether the last act was on a link
  let isOtherView = false;
  let isMade = false; // whether the last act has its step
  const here = () => location.pathname + location.search + location.hash;
  const steps = (window.cnnvizSteps = {
    work() {
      isAnswered = true;
    },
    settle() {
      if (isOtherView) toTop(); // not while a click is under way: it would miss
      isOtherView = false;
      if (isAnswered) steps.make();
    },
    make() {
      if (left === null) return;
      const now = here();
      replace.call(history, {}, "", left);
      left = null;
      push.call(history, {}, "", now);
    },
  });
  /** @param {Event} event */
  const act = (event) => {
    if (/** @type {KeyboardEvent} */ (event).repeat) return; // a key held down is one act
    if (event.type === "pointerdown" || event.type === "keydown") {
      steps.make(); // the others end the same act
      isLeaving = event.composedPath().some((one) => one instanceof HTMLAnchorElement);
    }
    hasActed = true;
    isMade = false;
  };
  for (const name of ACTS) window.addEventListener(name, act, true);
  window.addEventListener("keydown", fullScreen);
  window.addEventListener(
    "popstate",
    () => {
      hasActed = isMade = false;
      left = null;
    },
    true,
  );
  // The browser replaces the address by that with a control's new value, the server pushes: one step either way.
  history.replaceState = (state, title, url) => {
    const there = new URL(url ?? "", location.href);
    const isStep = hasActed && !isLeaving && left === null && there.pathname === location.pathname;
    if (isStep && settingsOf(there.href) !== settingsOf(here())) history.pushState(state, title, url);
    else replace.call(history, state, title, url);
  };
  history.pushState = (state, title, url) => {
    const there = new URL(url ?? "", location.href);
    if (there.pathname === location.pathname) {
      isOtherView ||= viewOf(here()) !== viewOf(there.href);
      if (hasActed && !isLeaving && left === null) {
        hasActed = false;
        isMade = true;
        push.call(history, state, title, url); // at once: whoever sees the answer can go back from it
        return;
      }
      if (hasActed && left === null) {
        left = here();
        isAnswered = !isIdle();
      }
      hasActed = false;
      replace.call(history, state, title, url);
      return;
    }
    if (left !== null) replace.call(history, {}, "", left);
    left = null;
    hasActed = false;
    if (isMade) replace.call(history, state, title, url);
    else push.call(history, state, title, url);
    isMade = false;
    toTop();
    closeDrawer();
  };
}

// On a phone the menu lies over the page that has been chosen in it.
function closeDrawer() {
  /** @type {HTMLElement | null} */
  const button = document.querySelector("[data-testid=stSidebarCollapseButton] button");
  if (button && innerWidth <= PHONE && button.getBoundingClientRect().right > 0) button.click();
}

// By the projector F fills the screen with the page, and leaves it again.
/** @param {KeyboardEvent} event */
function fullScreen(event) {
  const { key, ctrlKey, metaKey, altKey } = event;
  const at = /** @type {HTMLElement} */ (event.composedPath()[0]);
  if (key.toLowerCase() !== "f" || ctrlKey || metaKey || altKey || event.repeat) return;
  if (at.matches?.("input, textarea, select, [contenteditable]")) return;
  if (new URLSearchParams(location.search).get("projector") !== "true") return;
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

// What Back can undo: the projector's switch stays as it is from address to address.
/** @param {string} address */
function settingsOf(address) {
  const { searchParams } = new URL(address, location.href);
  searchParams.delete("projector");
  return String(searchParams);
}

// What one looks at in a network: a layer or a map. Another one begins at its top, as another page does.
/** @param {string} address */
const viewOf = (address) =>
  new URL(address, location.href).searchParams.get("look")?.split(":").slice(0, 2).join(":") ?? "";

function toTop() {
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

function isIdle() {
  return document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "notRunning";
}

// Streamlit throws away what is done while no server listens, or while a new one has not drawn the page yet: so nothing
// can be done then, and the page says why.
/** @param {HTMLElement} app @param {HTMLElement} banner @param {string} [drawn] */
function watch(app, banner, drawn) {
  const isDone = isIdle();
  if (isDone) window.cnnvizSteps?.settle();
  else window.cnnvizSteps?.work();
  /** @type {Main | null} */
  const main = document.querySelector("[data-testid=stMain]");
  if (!main) return;
  if (app.dataset.testConnectionState !== "CONNECTED") {
    main.awaits = main.drawn;
    clearTimeout(main.patience);
    main.patience = undefined;
  } else if (main.awaits && !main.patience) {
    main.patience = setTimeout(() => open(main, banner), PATIENCE);
  }
  if (drawn) main.drawn = drawn;
  if (main.awaits && main.drawn !== main.awaits) open(main, banner);
  else if (main.awaits && !main.inert) {
    main.focusBefore = focusedNow();
    main.inert = true;
  }
  banner.hidden = !main.inert;
}

/** @param {Main} main @param {HTMLElement} banner */
function open(main, banner) {
  const { focusBefore } = main;
  clearTimeout(main.patience);
  main.awaits = main.patience = undefined;
  if (main.inert && focusBefore) setTimeout(() => focusBefore.focus({ preventScroll: true }));
  main.inert = false;
  banner.hidden = true;
}

function focusedNow() {
  let at = document.activeElement;
  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
  return /** @type {HTMLElement | null} */ (at);
}

// Of the whole page, once.
document.adoptedStyleSheets.push(await sheetOf(new URL("touch.css", import.meta.url)));

export default await mounted(import.meta.url, PageWatch);
