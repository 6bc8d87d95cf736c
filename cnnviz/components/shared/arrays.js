// What the server has packed. Knows no screen.

/**
 * The bytes that a text in base64 stands for.
 * @param {string} base64
 */
export function bytes(base64) {
  const letters = atob(base64);
  const all = new Uint8Array(letters.length);
  for (let i = 0; i < all.length; i++) all[i] = letters.charCodeAt(i);
  return all;
}

/**
 * The float32 arrays that the server has packed, by their names.
 * @param {{ arrays: Record<string, string> }} options
 */
export const unpack = ({ arrays }) =>
  Object.fromEntries(Object.entries(arrays).map(([name, text]) => [name, numbers(text)]));

/** @param {string} text */
function numbers(text) {
  if (!text.startsWith(":")) return new Float32Array(bytes(text).buffer);
  return Float32Array.from(bytes(text.slice(1)), (level) => level / 255);
}
