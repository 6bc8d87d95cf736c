// A cell's formula in words.

import { SIGN, text } from "../shared/numbers.js";

/**
 * Parts of a formula in words; a negative number stands in brackets unless it opens the formula or a bracket.
 * @param {(string | number)[]} all
 */
export function partsInWords(all) {
  return all
    .map((part, i) => {
      if (typeof part === "string") return part.replaceAll("-", SIGN);
      const shown = text(part, 3).replaceAll("-", SIGN);
      const before = String(all[i - 1] ?? "(");
      const after = String(all[i + 1] ?? "");
      return part < 0 && (after.startsWith("²") || !/(\(|, )$/.test(before)) ? `(${shown})` : shown;
    })
    .join("");
}
