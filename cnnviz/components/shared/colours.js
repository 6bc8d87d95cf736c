// The colour scales, by the anchors between which they are blended: those of `cnnviz.plots.theme`, to which a test
// holds them.

const ANCHORS = {
  activations: [
    "#053061",
    "#2166ac",
    "#4393c3",
    "#92c5de",
    "#d1e5f0",
    "#f7f7f7",
    "#fddbc7",
    "#f4a582",
    "#d6604d",
    "#b2182b",
    "#67001f",
  ],
  weights: [
    "#511055",
    "#723175",
    "#924f94",
    "#b36eb4",
    "#c891c8",
    "#d1b2d0",
    "#d1d1d1",
    "#a6c3a4",
    "#7bb07a",
    "#4f9552",
    "#2f7636",
    "#06581a",
    "#00370c",
  ],
  pixels: ["#000000", "#ffffff"],
  counts: ["#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"],
};

/**
 * Red, green and blue of the 256 colours of a scale, from its lowest value to its highest.
 * @param {string[]} anchors
 */
function blended(anchors) {
  const corners = anchors.map((colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  const rgb = new Uint8Array(3 * 256);
  const last = corners.length - 1;
  for (let i = 0; i < 256; i++) {
    const at = (i * last) / 255;
    const below = Math.min(Math.floor(at), last - 1);
    for (let c = 0; c < 3; c++)
      rgb[3 * i + c] = Math.round(corners[below][c] + (at - below) * (corners[below + 1][c] - corners[below][c]));
  }
  return rgb;
}

/** The 256 colours of each scale: as bytes for maps, as CSS colours with a readable ink for cells. */
export const TABLES = Object.fromEntries(
  Object.entries(ANCHORS).map(([name, anchors]) => {
    const rgb = blended(anchors);
    const css = [];
    const ink = [];
    for (let i = 0; i < 256; i++) {
      const [r, g, b] = rgb.subarray(3 * i, 3 * i + 3);
      css.push(`rgb(${r},${g},${b})`);
      ink.push(0.299 * r + 0.587 * g + 0.114 * b < 140 ? "#fff" : "#000");
    }
    return [name, { rgb, css, ink }];
  }),
);
