// Fetches a component's module when it is needed first. What changes meanwhile waits, and the newest is shown.

const MODULE = "@MODULE@";
const waiting = new Map(); // by the place on the page
let mount = null;
let isLoading = false;
let tries = 0;

function load() {
  if (isLoading) return;
  isLoading = true;
  const address = new URL(MODULE, document.baseURI);
  if (tries++) address.searchParams.set("try", String(tries)); // a browser may remember that an address gave nothing
  import(String(address)).then(
    (module) => {
      mount = module.default;
      for (const entry of waiting.values()) entry.cleanup = mount(entry.component);
      waiting.clear();
    },
    () => {
      isLoading = false;
      for (const place of waiting.keys()) apologise(place);
    },
  );
}

function apologise(place) {
  const again = document.createElement("button");
  again.textContent = "Try again";
  again.onclick = load;
  place.replaceChildren("This part of the page could not be loaded from the server. ", again);
}

export default function (component) {
  if (mount) return mount(component);
  const place = component.parentElement;
  const entry = { component };
  waiting.set(place, entry);
  load();
  return () => {
    if (waiting.get(place) === entry) waiting.delete(place);
    entry.cleanup?.();
  };
}
