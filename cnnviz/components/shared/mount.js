// How a component comes onto the page: its markup and its style once, its data at every change.

const MAPS = new URL("maps.css", import.meta.url);

/** The text of a file that comes with a module. */
async function textOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers with ${answer.status}`);
  return answer.text();
}

async function sheetOf(address) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await textOf(address));
  return sheet;
}

/**
 * What a component's module exports to Streamlit, to be called at every change. Markup and style lie beside the
 * module, under its name. A `Face` is made with the markup's element; `show` gets what is new, `fit` is called when the
 * width has changed, `open` before it is shown first, `close` when it leaves the page. It may be opened again after
 * that: Streamlit takes an overtaken change back after the next one has come.
 */
export async function mounted(moduleAddress, Face) {
  const beside = (ending) => new URL(new URL(moduleAddress).pathname.replace(/\.js$/, ending), moduleAddress);
  const [markup, ...sheets] = await Promise.all([textOf(beside(".html")), sheetOf(MAPS), sheetOf(beside(".css"))]);
  const shown = new WeakMap();

  function make(parent) {
    parent.innerHTML = markup;
    parent.getRootNode().adoptedStyleSheets = sheets;
    const root = parent.firstElementChild;
    const face = new Face(root);
    const place = { root, face, width: 0, isOpen: false };
    place.observer = new ResizeObserver(() => {
      if (!root.clientWidth || root.clientWidth === place.width) return;
      place.width = root.clientWidth;
      face.fit?.();
    });
    shown.set(parent, place);
    return place;
  }

  return ({ data, parentElement, setTriggerValue }) => {
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
