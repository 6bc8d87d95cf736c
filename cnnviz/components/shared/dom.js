// Elements of the page.

/** An element with a class and a text. */
export const make = (tag, name, content = "") => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (content) element.textContent = content;
  return element;
};

/** The parts of a component that have a role, by its name. */
export const partsOf = (root) =>
  Object.fromEntries([...root.querySelectorAll("[data-role]")].map((part) => [part.dataset.role, part]));
