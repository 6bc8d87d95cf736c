// Small helpers for making elements.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @template {Element} Made
 * @param {Made} node
 * @param {Record<string, any>} attributes
 * @param {(Node | string | null)[]} children
 */
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) Object.assign(node, { [name]: value });
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Where the keyboard is, by the name that an element bears, so that it is there again when all is drawn anew.
/** @param {HTMLElement} root */
export function focused(root) {
  const active = /** @type {HTMLInputElement | null} */ (/** @type {ShadowRoot} */ (root.getRootNode()).activeElement);
  return active && root.contains(active) && active.dataset.name
    ? {
        name: active.dataset.name,
        value: active.value,
        from: active.selectionStart,
        to: active.selectionEnd,
        kind: active.type,
      }
    : null;
}

/**
 * @param {HTMLElement} root
 * @param {any} where
 */
export function focusAgain(root, where) {
  if (!where) return;
  /** @type {HTMLInputElement | null} */
  let node = root.querySelector(`[data-name="${CSS.escape(where.name)}"]`);
  // or the keyboard would be nowhere
  if (node?.disabled) node = node.parentElement?.querySelector("button:not(:disabled)") ?? null;
  if (!node) return;
  node.focus({ preventScroll: true });
  if (where.kind === "text" && node.type === "text") node.setSelectionRange(where.from, where.to);
}
