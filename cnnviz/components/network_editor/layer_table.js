// The table of layers: a row a layer, the chosen one with its form below, and the totals.

import { drawn, element } from "./dom.js";
import { layerForm } from "./layer_form.js";

const COLUMNS = [
  ["name", "Layer"],
  ["shape", "Output shape"],
  ["params", "Parameters"],
  ["macs", "Multiply-adds"],
  ["memory", "Kept for training × batch"],
  ["field", "Receptive field"],
  ["jump", "Jump"],
];
const BUTTONS = [
  // paths on a grid of 16
  ["up", "M8 13V3M4 7l4-4 4 4", "Move up"],
  ["down", "M8 3v10M4 9l4 4 4-4", "Move down"],
  ["duplicate", "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3", "Duplicate"],
  ["remove", "M4 4l8 8M12 4l-8 8", "Remove"],
];

/** @param {string} path */
const icon = (path) =>
  drawn(
    "svg",
    { viewBox: "0 0 16 16", width: 15, height: 15, "aria-hidden": "true", class: "icon" },
    drawn("path", { d: path }),
  );

// A deep network begins with its blocks folded; what the user unfolds, and the way to the chosen layer, is open.
const MOST_OPEN = 40;

/** @param {LayerRow} row */
const indent = (row) => `padding-left:${(row.isBlock || row.isPath ? 22 : 8) + row.depth * 14}px`;

/** @param {string} key @param {NetworkSpec} spec @param {Folds} folds */
function isOpen(key, spec, folds) {
  if (spec.chosen && `${spec.chosen}.`.startsWith(`${key}.`)) return true;
  return folds.get(key) ?? spec.rows.length <= MOST_OPEN;
}

/** @param {NetworkSpec} spec @param {Folds} folds */
function visibleRows(spec, folds) {
  /** @type {string[]} */
  const closed = [];
  return spec.rows.filter((row) => {
    const key = row.path.join(".");
    if (closed.some((other) => key.startsWith(`${other}.`)) && !row.error) return false;
    if (row.isBlock && !isOpen(key, spec, folds)) closed.push(key);
    return true;
  });
}

/** @param {NetworkSpec} spec @param {Act} act @param {Folds} folds @param {Fold} fold */
export function layerTable(spec, act, folds, fold) {
  const said = Object.fromEntries(spec.counted);
  const openCounted = (/** @type {MouseEvent} */ event) => {
    /** @type {HTMLElement | null} */
    const sheet = /** @type {Element} */ (event.target).closest(".sheet");
    fold(COUNTED, true);
    /** @type {Element} */ (/** @type {Element} */ (sheet).querySelector(".counted")).scrollIntoView({
      block: "nearest",
    });
  };
  const head = COLUMNS.map(([name, title]) =>
    element(
      "th",
      { scope: "col", class: name },
      title,
      said[title]
        ? element(
            "button",
            {
              type: "button",
              class: "what",
              title: said[title],
              "aria-label": `What ${title} count`,
              "data-name": `what:${name}`,
              onclick: openCounted,
            },
            "?",
          )
        : null,
    ),
  );
  if (spec.editable) head.push(element("th", { scope: "col" }, element("span", { class: "unseen" }, "Change")));
  const rows = visibleRows(spec, folds).flatMap((row) =>
    row.isPath ? [pathRow(row, spec, act)] : layerRows(row, spec, act, folds, fold),
  );
  return element(
    "div",
    {},
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table of layers" },
      element(
        "table",
        {},
        element("caption", { class: "unseen" }, spec.title),
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, ...rows),
        element(
          "tfoot",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "row" }, spec.totals.label),
            element("td", {}),
            element("td", { class: "number" }, spec.totals.params),
            element("td", { class: "number" }, spec.totals.macs),
            element("td", { class: "number" }, spec.totals.memory),
            element("td", { colspan: spec.editable ? 3 : 2 }),
          ),
        ),
      ),
    ),
    element("p", { class: "training" }, spec.totals.training),
    element("p", { class: "training" }, spec.totals.forward),
    countedNumbers(spec, folds, fold),
  );
}

// What the columns count, closed until somebody asks.
const COUNTED = "counted";

/** @param {NetworkSpec} spec @param {Folds} folds @param {Fold} fold */
function countedNumbers(spec, folds, fold) {
  const open = folds.get(COUNTED) || false;
  return element(
    "details",
    {
      class: "counted",
      open,
      ontoggle: (/** @type {ToggleEvent & { target: HTMLDetailsElement }} */ event) =>
        event.target.open !== open && fold(COUNTED, event.target.open),
    },
    element("summary", { "data-name": COUNTED }, "What these numbers count"),
    element("dl", {}, ...spec.counted.flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, words)])),
  );
}

/** @param {LayerRow} row @param {NetworkSpec} spec @param {Act} act @param {Folds} folds @param {Fold} fold */
function layerRows(row, spec, act, folds, fold) {
  const key = row.path.join(".");
  const isChosen = spec.editable && spec.chosen === key;
  const title = [
    element("span", { class: "own" }, element("span", { class: `mark ${row.group}` }), element("b", {}, row.name)),
    element("span", { class: "kind" }, row.about),
  ];
  const name = spec.editable
    ? element(
        "button",
        {
          type: "button",
          class: "name",
          "aria-expanded": String(isChosen),
          "data-name": `row:${key}`,
          onclick: () => act({ op: "choose", path: isChosen ? [] : row.path }),
          onkeydown: (/** @type {KeyboardEvent} */ e) => rowKey(e, row, act),
        },
        ...title,
      )
    : element("span", { class: "name" }, ...title);
  const cells = [
    element(
      "th",
      { scope: "row", class: "name", style: indent(row) },
      row.isBlock ? foldButton(row, isOpen(key, spec, folds), fold) : null,
      name,
    ),
    element("td", { class: "number" }, row.shape),
    element("td", { class: "number params", title: row.params }, row.params),
    element("td", { class: "number", title: row.macsExact }, row.macs),
    element("td", { class: "number" }, row.memory),
    element("td", { class: "number" }, row.field),
    element("td", { class: "number" }, row.jump),
  ];
  if (spec.editable && !row.isFixed) {
    cells.push(
      element(
        "td",
        { class: "buttons" },
        ...BUTTONS.map(([op, sign, label]) =>
          element(
            "button",
            {
              type: "button",
              title: label,
              "aria-label": `${label}: ${row.full}`,
              "data-name": `${op}:${key}`,
              disabled: (op === "up" && row.isFirst) || (op === "down" && row.isLast),
              onclick: () => act({ op, path: row.path }, `${op}:${moved(row, op)}`),
            },
            icon(sign),
          ),
        ),
      ),
    );
  } else if (spec.editable) cells.push(element("td", {}));
  const rows = [
    element(
      "tr",
      {
        class: [isChosen && "chosen", row.error && "wrong", row.isBlock && "block"].filter(Boolean).join(" "),
        "data-layer": row.name,
      },
      ...cells,
    ),
  ];
  const wide = COLUMNS.length + (spec.editable ? 1 : 0);
  if (row.error) {
    rows.push(
      element(
        "tr",
        { class: "error" },
        element(
          "td",
          { colspan: wide },
          element("p", { class: "wrong" }, "⚠ ", row.error),
          ...(spec.editable
            ? row.mends.map((label, i) =>
                element(
                  "button",
                  {
                    type: "button",
                    class: "mend",
                    "data-name": `mend:${key}:${i}`,
                    onclick: () => act({ op: "mend", path: row.path, number: i }),
                  },
                  label,
                ),
              )
            : []),
        ),
      ),
    );
  }
  if (isChosen && spec.form)
    rows.push(
      element(
        "tr",
        { class: "open" },
        element("td", { colspan: wide }, layerForm(spec.form, act), row.isFixed ? null : rowActions(row, act)),
      ),
    );
  return rows;
}

/** @param {LayerRow} row @param {boolean} open @param {Fold} fold */
function foldButton(row, open, fold) {
  const key = row.path.join(".");
  return element(
    "button",
    {
      type: "button",
      class: "fold",
      "aria-expanded": String(open),
      "aria-label": `Layers inside ${row.full}`,
      "data-name": `fold:${key}`,
      onclick: () => fold(key, !open),
    },
    icon(open ? "M3 6l5 5 5-5" : "M6 3l5 5-5 5"),
  );
}

/**
 * On a phone the buttons at the end of the row are out of sight.
 * @param {LayerRow} row
 * @param {Act} act
 */
function rowActions(row, act) {
  return element(
    "div",
    { class: "actions" },
    ...BUTTONS.map(([op, , label]) =>
      element(
        "button",
        {
          type: "button",
          "data-name": `form-${op}`,
          disabled: (op === "up" && row.isFirst) || (op === "down" && row.isLast),
          onclick: () => act({ op, path: row.path }),
        },
        label,
      ),
    ),
  );
}

/** @param {LayerRow} row @param {NetworkSpec} spec @param {Act} act */
function pathRow(row, spec, act) {
  const key = row.path.join(".");
  const isChosen = spec.chosen === key;
  const text = `${row.name} of ${row.owner}${row.isEmpty ? ": the input itself" : ""}`;
  const wide = COLUMNS.length + (spec.editable ? 1 : 0);
  return element(
    "tr",
    { class: `path${isChosen ? " chosen" : ""}` },
    element(
      "th",
      { scope: "row", colspan: wide, style: indent(row) },
      spec.editable
        ? element(
            "button",
            {
              type: "button",
              class: "name",
              "aria-pressed": String(isChosen),
              "data-name": `row:${key}`,
              onclick: () => act({ op: "choose", path: isChosen ? [] : row.path }),
            },
            text,
            element("span", { class: "kind" }, isChosen ? "new layers begin here" : "add here"),
          )
        : element("span", { class: "name" }, text),
    ),
  );
}

/** @param {KeyboardEvent} event @param {LayerRow} row @param {Act} act */
function rowKey(event, row, act) {
  const op =
    event.key === "Delete"
      ? "remove"
      : event.altKey
        ? /** @type {Record<string, string>} */ ({ ArrowUp: "up", ArrowDown: "down" })[event.key]
        : undefined;
  if (!op || row.isFixed || (op === "up" && row.isFirst) || (op === "down" && row.isLast)) return;
  event.preventDefault();
  act({ op, path: row.path }, `row:${moved(row, op)}`);
}

/**
 * Where a layer is after it has moved: the keyboard goes with it.
 * @param {LayerRow} row
 * @param {string} op
 */
function moved(row, op) {
  const by = /** @type {Record<string, number>} */ ({ up: -1, down: 1 })[op] || 0;
  return [...row.path.slice(0, -1), /** @type {number} */ (row.path.at(-1)) + by].join(".");
}
