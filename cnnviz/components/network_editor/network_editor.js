// A network as a drawing and a table. What a person does is told to Python as an action; Python answers with the network anew.

const editors = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".network");
  let state = editors.get(parentElement);
  if (!state) editors.set(parentElement, (state = { drawn: 0, folds: new Map() }));
  const act = (action) => setTriggerValue("action", { ...action, version: data.spec.version });
  const fold = (key, open) => {
    state.folds.set(key, open);
    draw(root, data.spec, act, state.folds, fold);
  };
  draw(root, data.spec, act, state.folds, fold);
  root.onkeydown = (event) => undoKey(event, act);
  root.dataset.drawn = ++state.drawn; // tests and benchmarks wait for it
  root.dataset.version = data.spec.version;
  return () => editors.delete(parentElement);
}

function draw(root, spec, act, folds, fold) {
  const where = focused(root);
  const scrolled = [...root.querySelectorAll(".scroll")].map((node) => node.scrollLeft);
  drawVolumes(root.querySelector(".volumes"), spec.volumes, spec.editable ? (path) => act({ op: "choose", path }) : null);
  root.querySelector(".tools").replaceChildren(...(spec.editable ? tools(spec, act) : []));
  root.querySelector(".said").textContent = spec.said || "";
  root.querySelector(".sheet").replaceChildren(layerTable(spec, act, folds, fold));
  [...root.querySelectorAll(".scroll")].forEach((node, i) => (node.scrollLeft = scrolled[i] || 0));
  focusAgain(root, where);
}

function tools(spec, act) {
  const button = (op, label, isOff) => element("button", { type: "button", "data-name": op, disabled: isOff, onclick: () => act({ op }) }, label);
  return [
    element("div", { class: "history" }, button("undo", "↶ Undo", !spec.canUndo), button("redo", "↷ Redo", !spec.canRedo), button("clear", "Start empty", !spec.canClear)),
    element("div", { class: "palette", role: "group", "aria-label": `Add a layer ${spec.where}` },
      element("span", { class: "where" }, `Add ${spec.where}:`),
      ...spec.palette.map(([kind, group]) => element("button", { type: "button", class: `add ${group}`, "data-name": `add:${kind}`, onclick: () => act({ op: "add", kind }) }, kind))),
  ];
}

function undoKey(event, act) {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, select")) return;
  const op = { z: event.shiftKey ? "redo" : "undo", Z: "redo", y: "redo" }[event.key];
  if (!op) return;
  event.preventDefault();
  act({ op });
}
