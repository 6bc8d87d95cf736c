// Numbers as the pages write them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { unpack } from "../../cnnviz/components/shared/arrays.js";
import { fitted, level, range, text } from "../../cnnviz/components/shared/numbers.js";

test("integers stay as they are, the rest gets decimals and a true minus sign", () => {
  for (const [value, shown] of [
    [0, "0"],
    [-3, "−3"],
    [0.25, "0.25"],
    [-0.125, "−0.13"],
    [123.456, "123.5"],
    [1234567, "1234567"],
    [123456.5, "1.2e+5"],
    [NaN, "NaN"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
  ])
    assert.equal(text(value), shown);
  assert.equal(text(0.00001, 4), "1.0e-5");
});

test("a number takes the decimals that fit", () => {
  assert.equal(fitted(-1.25, 5), "−1.25");
  assert.equal(fitted(-1.25, 4), "−1.3");
  assert.equal(fitted(-1.25, 1), "−1");
});

test("values outside a scale take its ends", () => {
  const scale = { low: -1, high: 1 };
  assert.deepEqual(
    [-5, -1, 0, 1, 5].map((value) => level(value, scale)),
    [0, 0, 128, 255, 255],
  );
});

test("a range is of the finite values and says what is odd", () => {
  assert.deepEqual(range([9, 0, 0, 9], 1, 2), { min: 0, max: 0, note: "all zero" });
  assert.deepEqual(range([1, NaN, -2, Infinity], 0, 4), { min: -2, max: 1, note: "2 values are NaN or infinite" });
});

test("arrays come as base64 of float32", () => {
  const base64 = Buffer.from(new Float32Array([1, -0.5, 3]).buffer).toString("base64");
  assert.deepEqual([...unpack({ arrays: { x: base64 } }).x], [1, -0.5, 3]);
});
