// The arguments of the chosen layer as a form; what is typed goes to Python, which knows what is possible.

import { element } from "./dom.js";

/** @typedef {Event & { target: HTMLInputElement }} Changed */

/**
 * @param {LayerForm} form
 * @param {Act} act
 */
export function layerForm(form, act) {
  const fields = form.fields.map((field) => {
    const name = `field:${field.name}`;
    const set = (/** @type {string | boolean} */ value) =>
      act({ op: "set", path: form.path, field: field.name, value });
    /** @type {HTMLInputElement | HTMLSelectElement} */
    let input;
    if (field.kind === "switch") {
      input = element("input", {
        type: "checkbox",
        "data-name": name,
        onchange: (/** @type {Changed} */ e) => set(e.target.checked),
      });
      input.checked = field.value;
    } else if (field.kind === "choice") {
      input = element(
        "select",
        { "data-name": name, onchange: (/** @type {Changed} */ e) => set(e.target.value) },
        ...field.options.map((option) =>
          element("option", { value: option, selected: option === field.value }, option),
        ),
      );
    } else {
      input = element("input", {
        type: "text",
        value: field.value,
        "data-name": name,
        autocomplete: "off",
        spellcheck: "false",
        onchange: (/** @type {Changed} */ e) => set(e.target.value),
      });
      input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "ArrowUp" || event.key === "ArrowDown")
          nudge(event, /** @type {HTMLInputElement} */ (input), set);
      };
    }
    return element(
      "label",
      { class: field.kind },
      element("span", {}, field.label),
      input,
      field.help ? element("small", {}, field.help) : null,
    );
  });
  return element(
    "div",
    { class: "form" },
    form.about ? element("p", { class: "about" }, form.about) : null,
    element(
      "div",
      { class: "fields" },
      ...fields,
      ...(form.actions || []).map((a) =>
        element(
          "button",
          { type: "button", "data-name": `form:${a.op}`, onclick: () => act({ ...a, path: form.path }) },
          a.label,
        ),
      ),
    ),
    form.way
      ? element(
          "p",
          { class: "way" },
          element("a", { href: form.way.href, "data-name": "way" }, form.way.label),
          ` ${form.way.note}`,
        )
      : null,
    form.error ? element("p", { class: "wrong", role: "alert" }, form.error) : null,
  );
}

/**
 * Arrow keys count up and down, as in a number field.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} input
 * @param {(value: string) => void} set
 */
function nudge(event, input, set) {
  if (!/^\d+$/.test(input.value.trim())) return;
  event.preventDefault();
  const next = Math.max(0, Number(input.value) + (event.key === "ArrowUp" ? 1 : -1));
  /** @type {TakesNumbers} */ (input).value = next;
  set(String(next));
}
