// What the arrow keys ask for.

const FAR = 1e6; // to the end: whoever walks there stops at the edge

/** @type {Record<string, [number, number]>} */
const STEPS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** @type {Record<string, [number, number]>} */
const ENDS = { Home: [0, -FAR], End: [0, FAR] };

/**
 * The step of an arrow key, in rows and columns; undefined for any other key.
 * @param {KeyboardEvent} event
 * @returns {[number, number] | undefined}
 */
export const arrowOf = ({ key }) => STEPS[key];

/**
 * The same, and Home and End lead to the ends of the row.
 * @param {KeyboardEvent} event
 * @returns {[number, number] | undefined}
 */
export const walkOf = ({ key }) => STEPS[key] ?? ENDS[key];
