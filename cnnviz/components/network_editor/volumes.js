// The volumes of a network to scale: sides to one scale, channels to another, lists of features to a third.

import { drawn, element } from "./dom.js";

const TALLEST = 130;
const THICKEST = 56;
const LONGEST = 150;
const SLANT = 0.32;
const ROOM = 74;
const LABELS = 46;

/**
 * @param {HTMLElement} figure
 * @param {Volume[]} volumes
 * @param {((path: number[]) => void) | null} choose
 */
export function drawVolumes(figure, volumes, choose) {
  figure.replaceChildren();
  if (volumes.length < 2) return;
  const maps = volumes.filter((v) => v.shape.length === 3);
  const lists = volumes.filter((v) => v.shape.length === 1);
  const side = TALLEST / Math.max(1, ...maps.map((v) => Math.max(v.shape[1], v.shape[2])));
  const thick = THICKEST / Math.max(1, ...maps.map((v) => v.shape[0]));
  const long = LONGEST / Math.max(1, ...lists.map((v) => v.shape[0]));
  const boxes = volumes.map((v) => {
    const isMaps = v.shape.length === 3;
    const width = isMaps ? Math.max(2, v.shape[0] * thick) : 7;
    if (!v.shape.length) return { ...v, width: 24, height: 24, back: 8 }; // cannot follow: no shape
    const height = isMaps ? Math.max(2, v.shape[1] * side) : Math.max(2, v.shape[0] * long);
    const back = isMaps ? Math.max(1.5, v.shape[2] * side * SLANT) : 2;
    return { ...v, width, height, back };
  });
  // a short network takes the width it has
  const room = Math.max(ROOM, Math.min(118, (figure.clientWidth - 12) / volumes.length));
  const top = Math.max(...boxes.map((b) => b.height + b.back)) + 8;
  let x = 6;
  /** @type {Element[]} */
  const parts = [];
  boxes.forEach((box) => {
    const pitch = Math.max(room, box.width + box.back + 16);
    const left = x + (pitch - box.width - box.back) / 2;
    const bottom = top;
    parts.push(volume(box, left, bottom, choose));
    parts.push(label(box, x + pitch / 2, top + 14));
    x += pitch;
  });
  const height = top + LABELS;
  const svg = drawn(
    "svg",
    { viewBox: `0 0 ${x} ${height}`, width: x, height, role: "img", "aria-label": inWords(volumes) },
    ...parts,
  );
  figure.append(
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Drawing of the volumes" }, svg),
    element(
      "figcaption",
      {},
      "Shapes are channels × height × width. " +
        "Sides of maps to one scale, channels to another, lists of features to a third. " +
        "Layers that keep the shape stand with the one before.",
    ),
  );
}

/**
 * @param {VolumeBox} box
 * @param {number} x
 * @param {number} bottom
 * @param {((path: number[]) => void) | null} choose
 */
function volume(box, x, bottom, choose) {
  const { width: w, height: h, back: b } = box;
  const y = bottom - h;
  const points = (/** @type {number[][]} */ ...pairs) => pairs.map((p) => p.join(",")).join(" ");
  const group = drawn(
    "g",
    { class: `box ${box.group}${box.chosen ? " chosen" : ""}` },
    drawn("title", {}, `${box.names}: ${box.text}`),
    drawn("polygon", { class: "front", points: points([x, y], [x + w, y], [x + w, bottom], [x, bottom]) }),
    drawn("polygon", { class: "top", points: points([x, y], [x + b, y - b], [x + w + b, y - b], [x + w, y]) }),
    drawn("polygon", {
      class: "side",
      points: points([x + w, y], [x + w + b, y - b], [x + w + b, bottom - b], [x + w, bottom]),
    }),
  );
  if (box.isSum)
    group.append(drawn("path", { class: "arc", d: `M ${x - 12} ${bottom - 2} v -${h + b + 2} h ${w + b + 12}` }));
  if (choose && box.path.length) group.onclick = () => choose(box.path);
  return group;
}

/**
 * @param {VolumeBox} box
 * @param {number} x
 * @param {number} y
 */
function label(box, x, y) {
  return drawn(
    "g",
    { class: "label", "aria-hidden": "true" },
    drawn("text", { x, y }, box.label),
    drawn("text", { x, y: y + 15, class: "size" }, box.text),
    drawn("text", { x, y: y + 29, class: "more" }, box.more),
  );
}

/** @param {Volume[]} volumes */
function inWords(volumes) {
  return "Volumes: " + volumes.map((v) => `${v.names} ${v.text}`).join(", ") + ".";
}
