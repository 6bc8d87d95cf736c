// Links that the app follows by itself, as long as nobody wants them in another tab.

/**
 * Tells the address of the link that was clicked plainly.
 * @param {MouseEvent} event
 * @param {(href: string) => void} tell
 */
export function followed(event, tell) {
  const link = /** @type {Element} */ (event.target).closest("a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  tell(/** @type {string} */ (link.getAttribute("href")));
}
