// What a component shows, as a PNG: the page's own elements and styles, drawn by the browser into a picture.

import { penOf } from "./dom.js";

/** @param {HTMLElement} root @param {string} name */
export async function savePicture(root, name) {
  const copy = /** @type {HTMLElement} */ (root.cloneNode(true));
  copy.classList.add("in-picture");
  const canvases = root.querySelectorAll("canvas");
  copy.querySelectorAll("canvas").forEach((/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ i) => {
    const source = canvases[i];
    const image = document.createElement("img");
    image.className = canvas.className;
    image.style.cssText = canvas.style.cssText + ";display:block";
    if (source.width && source.height) image.src = source.toDataURL();
    canvas.replaceWith(image);
  });
  copy.querySelectorAll(".not-in-picture").forEach((part) => part.remove());
  const look = getComputedStyle(root);
  const variables = [
    "font",
    "text-color",
    "background-color",
    "secondary-background-color",
    "border-color",
    "primary-color",
    "button-radius",
  ]
    .map((variable) => `--st-${variable}:${look.getPropertyValue(`--st-${variable}`)}`)
    .join(";");
  const rules = /** @type {ShadowRoot} */ (root.getRootNode()).adoptedStyleSheets.flatMap((sheet) => [
    ...sheet.cssRules,
  ]);
  const styles = rules.map((rule) => rule.cssText).join("\n");
  const width = Math.ceil(root.clientWidth) + 32;
  const height = Math.ceil(root.scrollHeight) + 32;
  const page = document.createElement("div");
  page.setAttribute(
    "style",
    `${variables};font-family:var(--st-font);font-size:${look.fontSize};color:var(--st-text-color);` +
      `background:var(--st-background-color);padding:16px;width:${width - 32}px;height:${height - 32}px`,
  );
  const style = document.createElement("style");
  style.textContent = `${styles}\n.grid { overflow: visible; max-width: none; } .formulas { position: static; }`;
  page.append(style, copy);
  const content = new XMLSerializer().serializeToString(page);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<foreignObject width="100%" height="100%">${content}</foreignObject></svg>`;
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const context = penOf(canvas);
  context.scale(2, 2);
  context.drawImage(image, 0, 0);
  const link = document.createElement("a");
  link.download = name;
  link.href = canvas.toDataURL("image/png");
  link.click();
}
