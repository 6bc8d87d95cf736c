// How a component comes onto the page: its markup and its style once, its data at every change.

const MAPS = new URL("maps.css", import.meta.url);

/**
 * The text of a file that comes with a module.
 * @param {URL} address
 */
async function textOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers with ${answer.status}`);
  return answer.text();
}

/** @param {URL} address */
export async function sheetOf(address) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await textOf(address));
  return sheet;
}

/**
 * What a component's module exports to Streamlit, to be called at every change. Markup and style lie beside the
 * module, under its name. A `Face` is made with the markup's element; `show` gets what is new, `fit` is called when the
 * width has changed, `open` before it is shown first, `close` when it leaves the page. It may be opened again after
 * that: Streamlit takes an overtaken change back after the next one has come.
 * @param {string} moduleAddress
 * @param {new (root: any) => Face} Face
 */
export async function mounted(moduleAddress, Face) {
  const beside = (/** @type {string} */ ending) =>
    new URL(new URL(moduleAddress).pathname.replace(/\.js$/, ending), moduleAddress);
  const [markup, ...sheets] = await Promise.all([textOf(beside(".html")), sheetOf(MAPS), sheetOf(beside(".css"))]);
  const shown = new WeakMap();

  /** @param {HTMLElement} parent */
  function make(parent) {
    parent.innerHTML = markup;
    /** @type {ShadowRoot} */ (parent.getRootNode()).adoptedStyleSheets = sheets;
    const root = /** @type {HTMLElement} */ (parent.firstElementChild);
    const place = { root, face: new Face(root), width: 0, isOpen: false };
    const observer = new ResizeObserver(() => {
      if (!root.clientWidth || root.clientWidth === place.width) return;
      place.width = root.clientWidth;
      place.face.fit?.();
    });
    const made = Object.assign(place, { observer });
    shown.set(parent, made);
    return made;
  }

  return (/** @type {Mounted} */ { data, parentElement, setTriggerValue }) => {
    let place = shown.get(parentElement);
    // new, or the place was another component's
    if (place?.root.parentNode !== parentElement) place = make(parentElement);
    const { root, face, observer } = place;
    if (!place.isOpen) face.open?.();
    place.isOpen = true;
    place.width = root.clientWidth;
    face.show(data, setTriggerValue);
    observer.observe(root);
    return () => {
      place.isOpen = false;
      observer.disconnect();
      face.close?.();
    };
  };
}
