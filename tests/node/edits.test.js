// What the browser and the address tell each other, and painted pixels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { momentAt } from "../../cnnviz/components/learning_film/accuracy_curve.js";
import { arranged } from "../../cnnviz/components/learning_film/kernel_tiles.js";
import { cellsBetween, colourOf, PixelEdits, valueOf } from "../../cnnviz/components/pixel_editor/edits.js";
import { linearSums, softmaxSums, together } from "../../cnnviz/components/term_arithmetic/term_sums.js";

test("each place is painted once, in the order of painting", () => {
  const edits = new PixelEdits("1.2~255_3.4~0");
  edits.set(1, 2, "7");
  assert.equal(String(edits), "3.4~0_1.2~7");
  assert.equal(String(edits.withoutLast()), "3.4~0");
  assert.equal(edits.delete(9, 9), false);
});

test("colours become grey by BT.601, and text again", () => {
  assert.deepEqual(colourOf("ffffff", 1), [255]);
  assert.deepEqual(colourOf("ff0000", 1), [76]);
  assert.deepEqual(colourOf("0a0b0c", 3), [10, 11, 12]);
  assert.deepEqual([valueOf([10, 11, 12]), valueOf([255])], ["0a0b0c", "255"]);
});

test("a stroke leaves no gap", () => {
  assert.deepEqual(cellsBetween([0, 0], [0, 0]), [
    [0, 0],
    [0, 0],
  ]);
  const cells = cellsBetween([0, 0], [2, 5]);
  assert.equal(cells.length, 6);
  for (let i = 1; i < cells.length; i++)
    assert.ok(Math.max(...[0, 1].map((k) => Math.abs(cells[i][k] - cells[i - 1][k]))) === 1);
});

test("tiles take the room there is, in full rows", () => {
  const { columns, cell, empty } = arranged(8, 5, 5, 0, 400, 300);
  assert.equal(8 % columns, 0);
  assert.equal(empty, 0);
  assert.ok(columns * cell * 5 <= 400 && (8 / columns) * cell * 5 <= 300);
  assert.deepEqual(arranged(1, 500, 500, 0, 100, 100), { cell: 1, columns: 1 });
});

test("a place in the curve is the moment nearest to it", () => {
  assert.deepEqual(
    [-50, 46, 600, 9000].map((x) => momentAt(x, 11, 660)),
    [0, 0, 9, 10],
  );
});

test("sums of a unit and of the softmax", () => {
  const found = linearSums(Float32Array.of(1, 2, 3, 4), Float32Array.of(1, -1, 0.5, 0.5), 0.25, 2);
  assert.deepEqual([[...found.adds], found.order, found.z], [[-1, 3.5], [1, 0], 2.75]);
  assert.deepEqual(together(found.adds, [0]), { sum: -1, count: 1 });
  const { shares } = softmaxSums(Float32Array.of(1000, 1000));
  assert.deepEqual([...shares], [0.5, 0.5]);
});
