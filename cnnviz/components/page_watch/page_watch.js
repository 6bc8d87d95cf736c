// What a page needs of the browser itself: no act that nobody would hear, and what its address becomes.

import { mounted, sheetOf } from "../shared/mount.js";

const PATIENCE = 60_000; // milliseconds for a page that breaks off before its end

class PageWatch {
  /** @param {HTMLElement} banner */
  constructor(banner) {
    this.app = /** @type {HTMLElement} */ (document.querySelector("[data-testid=stApp]"));
    this.banner = banner;
    this.observer = new MutationObserver(() => watch(this.app, banner));
  }

  open() {
    const attributeFilter = ["data-test-connection-state", "data-test-script-state"];
    this.observer.observe(this.app, { attributes: true, attributeFilter });
  }

  /** @param {Packed} data */
  show({ spec }) {
    watch(this.app, this.banner, spec.drawn);
    window.cnnvizSteps?.hear(spec);
  }

  close() {
    this.observer.disconnect();
  }
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

// Streamlit throws away what is done while no server listens, or while a new one has not drawn the page yet: so nothing
// can be done then, and the page says why.
/** @param {HTMLElement} app @param {HTMLElement} banner @param {string} [drawn] */
function watch(app, banner, drawn) {
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
window.addEventListener("keydown", fullScreen);
document.adoptedStyleSheets.push(await sheetOf(new URL("touch.css", import.meta.url)));

export default await mounted(import.meta.url, PageWatch);
