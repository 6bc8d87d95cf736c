// Fetches a component's module when it is needed first. What changes meanwhile waits, and the newest is shown.

const MODULE = "@MODULE@";
/** @type {Map<HTMLElement, { component: Mounted, cleanup?: () => void }>} */
const waiting = new Map(); // by the place on the page
/** @type {((component: Mounted) => () => void) | null} */
let mount = null;
let isLoading = false;
let tries = 0;

function load() {
  if (isLoading) return;
  isLoading = true;
  const address = new URL(MODULE, document.baseURI);
  if (tries++) address.searchParams.set("try", String(tries)); // a browser may remember that an address gave nothing
  import(String(address)).then(
    ({ default: found }) => {
      mount = found;
      for (const entry of waiting.values()) entry.cleanup = found(entry.component);
      waiting.clear();
    },
    () => {
      isLoading = false;
      for (const place of waiting.keys()) apologise(place);
    },
  );
}

/** @param {HTMLElement} place */
function apologise(place) {
  const again = document.createElement("button");
  again.textContent = "Try again";
  again.onclick = load;
  place.replaceChildren("This part of the page could not be loaded from the server. ", again);
}

/** @param {Mounted} component */
export default function (component) {
  if (mount) return mount(component);
  const place = component.parentElement;
  /** @type {{ component: Mounted, cleanup?: () => void }} */
  const entry = { component };
  waiting.set(place, entry);
  load();
  return () => {
    if (waiting.get(place) === entry) waiting.delete(place);
    entry.cleanup?.();
  };
}
