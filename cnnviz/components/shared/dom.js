// Elements of the page.

/**
 * An element with a class and a text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [name]
 */
export const make = (tag, name, content = "") => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (content) element.textContent = content;
  return element;
};

/**
 * The parts of a component that have a role, by its name. There are those that its markup has, of the kind that it has.
 * @param {ParentNode} root
 * @returns {Record<string, any>}
 */
export const partsOf = (root) =>
  Object.fromEntries(
    [...root.querySelectorAll("[data-role]")].map((part) => [/** @type {HTMLElement} */ (part).dataset.role, part]),
  );

/**
 * The context of a canvas to draw on.
 * @param {HTMLCanvasElement} canvas
 */
export const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
