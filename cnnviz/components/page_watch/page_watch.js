// What a page needs of the browser itself: one step of the history an act, and no act while the server is away.

const ACTS = ["pointerdown", "keydown", "click", "input", "change"];

export default function (component) {
  oneStepAnAct();
  const banner = component.parentElement.querySelector(".away");
  const app = document.querySelector("[data-testid=stApp]");
  const observer = new MutationObserver(() => watch(app, banner));
  observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
  watch(app, banner);
  return () => observer.disconnect();
}

// What the page itself writes into the address after an act, or on arrival, is no step of its own.
function oneStepAnAct() {
  if (window.cnnvizSteps) return;
  window.cnnvizSteps = true;
  let hasActed = false;
  for (const act of ACTS) window.addEventListener(act, () => (hasActed = true), true);
  window.addEventListener("popstate", () => (hasActed = false), true);
  const push = window.history.pushState;
  window.history.pushState = function (state, title, url) {
    const isHere = new URL(url, location.href).pathname === location.pathname;
    if (isHere && !hasActed) return this.replaceState(state, title, url);
    hasActed = false;
    return push.call(this, state, title, url);
  };
}

// Streamlit throws away what is done while no server listens: so nothing can be, and the page says why.
function watch(app, banner) {
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
