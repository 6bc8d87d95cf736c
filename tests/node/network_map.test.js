// Where the maps of a network stand, what is found there, and what feeds what.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hit, layout, tileAt } from "../../cnnviz/components/network_map/layout.js";
import { consumers, madeOf } from "../../cnnviz/components/network_map/links.js";
import { perCent, readsInWords } from "../../cnnviz/components/network_map/words.js";

const column = (name, at, inputs, more = {}) => ({
  name,
  title: name,
  column: at,
  lane: 0,
  inputs,
  size: [8, 8],
  channels: [0, 2],
  names: [],
  total: 4,
  feeds: [[], []],
  ...more,
});

const NETWORK = [
  column("input", 0, []),
  column("0", 1, [0], { feeds: [[[0, 2, 0.75]], [[0, 1, 1]]] }),
  column("1", 2, [1, 0], { size: [1, 1] }),
];

test("every map is found where it is drawn, and its cell", () => {
  const plan = layout({ columns: NETWORK });
  for (const one of plan.columns)
    for (const slot of one.channels.keys()) {
      const [left, top] = tileAt(one, slot);
      const found = hit(plan, left + one.tile[1] - 1, top + one.tile[0] - 1);
      assert.deepEqual([found.index, found.slot], [one.index, slot]);
      assert.deepEqual(
        found.cell,
        one.size.map((side) => side - 1),
      );
    }
  assert.equal(hit(plan, -10, -10), null);
  assert.equal(hit(plan, plan.columns[1].left + 2, plan.columns[1].top + 2).slot, -1);
  assert.ok(plan.columns.every((one) => one.left + one.wide <= plan.width && one.bottom <= plan.height));
});

test("what leads past a layer is an arc", () => {
  const { arcs } = layout({ columns: NETWORK });
  assert.deepEqual(
    arcs.map(({ from, to, track }) => [from, to, track]),
    [[0, 2, 0]],
  );
});

test("links lead both ways, and end where a map is not shown", () => {
  const { columns } = layout({ columns: NETWORK });
  assert.deepEqual(consumers(columns)[0], [[], [[1, 0, 0.75]]]);
  assert.deepEqual(madeOf(columns, { index: 1, slot: 1 }), [{ column: 0, channel: 1, share: 1, slot: -1 }]);
  assert.equal(readsInWords(columns, { index: 1, slot: 0 }), "Made of input: map 2 (75 %); all others 25 %.");
  assert.deepEqual([0.999, 0.5, 0.001].map(perCent), ["100 %", "50 %", "<1 %"]);
});
