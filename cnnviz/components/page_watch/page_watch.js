// What a page needs of the browser itself: one step of the history an act, and no act while the server is away.

const ACTS = ["pointerdown", "keydown", "click", "input", "change"];

export default function (component) {
  oneStepAnAct();
  const banner = component.parentElement.querySelector(".away");
  const app = document.querySelector("[data-testid=stApp]");
  const observer = new MutationObserver(() => watch(app, banner));
  observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state", "data-test-script-state"] });
  watch(app, banner);
  return () => observer.disconnect();
}

// What the page itself writes into the address after an act, or on arrival, is no step of its own. And what comes while a
// link leads away is of the next page, though Streamlit writes it into this one: a step is made when the page has settled.
function oneStepAnAct() {
  if (window.cnnvizSteps) return;
  const { history } = window;
  const push = history.pushState;
  let hasActed = false;
  let left = null; // the address that the step leads away from, until it is made
  const here = () => location.pathname + location.search + location.hash;
  const steps = (window.cnnvizSteps = {
    make() {
      if (left === null) return;
      const now = here();
      history.replaceState({}, "", left);
      left = null;
      push.call(history, {}, "", now);
    },
  });
  const act = () => {
    steps.make();
    hasActed = true;
  };
  for (const name of ACTS) window.addEventListener(name, act, true);
  window.addEventListener("popstate", () => {
    hasActed = false;
    left = null;
  }, true);
  history.pushState = (state, title, url) => {
    if (new URL(url, location.href).pathname === location.pathname) {
      if (hasActed && left === null) left = here();
      hasActed = false;
      history.replaceState(state, title, url);
      return;
    }
    if (left !== null) history.replaceState({}, "", left);
    left = null;
    hasActed = false;
    push.call(history, state, title, url);
  };
}

// Streamlit throws away what is done while no server listens: so nothing can be, and the page says why.
function watch(app, banner) {
  if (app.dataset.testScriptState === "notRunning") window.cnnvizSteps.make();
  const isAway = app.dataset.testConnectionState !== "CONNECTED";
  const main = document.querySelector("[data-testid=stMain]");
  if (!main || isAway === main.inert) return;
  if (isAway) main.focusBefore = focusedNow();
  main.inert = isAway;
  banner.hidden = !isAway;
  if (!isAway && main.focusBefore) main.focusBefore.focus({ preventScroll: true });
}

function focusedNow() {
  let at = document.activeElement;
  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
  return at;
}
