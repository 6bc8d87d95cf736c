// The browser's history, watched from the beginning of the first page on; nothing to see.

import { Steps } from "./steps.js";

const PHONE = 640; // pixels, as in the pages' style

function watch() {
  const app = /** @type {HTMLElement} */ (document.querySelector("[data-testid=stApp]"));
  const isIdle = () => app.dataset.testScriptState === "notRunning";
  const steps = new Steps(window, { isIdle, toTop, arrived });
  const look = () => {
    if (app.dataset.testConnectionState !== "CONNECTED") steps.lose();
    if (isIdle()) steps.settle();
    else steps.work();
  };
  const attributeFilter = ["data-test-connection-state", "data-test-script-state"];
  new MutationObserver(look).observe(app, { attributes: true, attributeFilter });
  look();
  return steps;
}

function toTop() {
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
}

function arrived() {
  toTop();
  closeDrawer();
}

// On a phone the menu lies over the page that has been chosen in it.
function closeDrawer() {
  /** @type {HTMLElement | null} */
  const button = document.querySelector("[data-testid=stSidebarCollapseButton] button");
  if (button && innerWidth <= PHONE && button.getBoundingClientRect().right > 0) button.click();
}

window.cnnvizSteps ??= watch();

export default () => () => {};
