// The arithmetic of windows on the lecture's own numbers; random layers are held to torch in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { convolve, windowGradients, windowTerms } from "../../cnnviz/components/window_explorer/arithmetic.js";
import { Edits } from "../../cnnviz/components/window_explorer/edits.js";
import {
  covering,
  fedBy,
  isBorder,
  keepPlace,
  multipliedBy,
  withTaps,
} from "../../cnnviz/components/window_explorer/geometry.js";
import { inputGradients, pool, poolTerms } from "../../cnnviz/components/window_explorer/pooling.js";
import { sumInWords } from "../../cnnviz/components/window_explorer/words.js";

/** A square layer of one channel on a square input, as the server would describe it. */
function layer(size, kernel, stride, padding, more = {}) {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const places = Array.from({ length: out }, (_, o) => Array.from({ length: kernel }, (_, k) => o * stride + k)).flat();
  const inside = (_row, y) => (y < padding || y >= padding + size ? -1 : y - padding);
  const sources = Array.from({ length: size + 2 * padding }, inside);
  return withTaps({
    spec: {
      input: [1, size, size],
      kernel: [1, 1, kernel, kernel],
      output: [1, out, out],
      groups: 1,
      padding: [padding, padding],
      pools: [],
      bordered: [size + 2 * padding, size + 2 * padding],
      channels: ["grey"],
    },
    rowPlaces: Int32Array.from(places),
    colPlaces: Int32Array.from(places),
    rowSources: Int32Array.from(sources),
    colSources: Int32Array.from(sources),
    z: new Float32Array(out * out),
    a: new Float32Array(out * out),
    bias: Float32Array.of(0),
    ...more,
  });
}

const IMAGE = Float32Array.from("100001010010001100100010010010001010", Number);
const FILTER = Float32Array.of(1, -1, -1, -1, 1, -1, -1, -1, 1);

test("the lecture's image and filter", () => {
  const model = layer(6, 3, 1, 0, { x: IMAGE, kernels: FILTER });
  convolve(model, [0]);
  assert.deepEqual([...model.z], [3, -1, -3, -1, -3, 1, 0, -3, -3, -3, 0, 1, 3, -2, -2, -1]);
  const strided = layer(6, 3, 2, 0, { x: IMAGE, kernels: FILTER });
  convolve(strided, [0]);
  assert.deepEqual([...strided.z.subarray(0, 2)], [3, -3]);
});

test("one window, its products and its gradients", () => {
  const model = layer(6, 3, 1, 0, { x: IMAGE, kernels: FILTER });
  const found = windowTerms(model, 0, 0, 0);
  assert.equal(found.result, 3);
  assert.deepEqual(
    found.terms.map((term) => term.product).filter((product) => product !== 0),
    [1, 1, 1],
  );
  assert.equal(sumInWords({ ...model.spec, kernel: [1, 1, 3, 3] }, 0, found).split(" + ").length, 9);
  const gradients = windowGradients(found, 2);
  assert.deepEqual(gradients.weights, [2, 0, 0, 0, 2, 0, 0, 0, 2]);
  assert.deepEqual(
    gradients.inputs,
    [...FILTER].map((weight) => 2 * weight),
  );
});

test("which cells feed which", () => {
  const model = layer(4, 3, 1, 1, { x: new Float32Array(16), kernels: FILTER });
  assert.deepEqual(fedBy(model, 0, 0), [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  assert.deepEqual(covering(model, 0, 0), [[0, 0]]);
  assert.equal(isBorder(model.spec, 0, 3), true);
  assert.equal(isBorder(model.spec, 1, 1), false);
  assert.equal(multipliedBy(model, 1, 1).length, 16);
});

test("the pooling of the slide, its winners and its gradients", () => {
  const x = Float32Array.of(29, 15, 28, 184, 0, 100, 70, 38, 12, 12, 7, 2, 12, 12, 45, 6);
  const model = layer(4, 2, 2, 0, { x, divisors: new Float32Array(4).fill(4) });
  model.spec.pools = ["max", "mean"];
  pool(model);
  assert.deepEqual([...model.maps[0][0].values], [100, 184, 12, 45]);
  assert.deepEqual([...model.maps[0][0].winners], [5, 3, 8, 14]); // the first of equals
  assert.deepEqual([...model.maps[1][0].values], [36, 80, 12, 15]);
  assert.equal(poolTerms(model, 1, 0, 0, 0).result, 36);
  assert.deepEqual([...inputGradients(model, 1, 0)], new Array(16).fill(0.25));
});

test("edited weights come and go as text", () => {
  const edits = new Edits("0.0.1.2~-1.5_0.b~2");
  assert.equal(edits.size, 2);
  edits.set("0.0.0.0", 0.1);
  assert.equal(String(edits), "0.0.1.2~-1.5_0.b~2_0.0.0.0~0.1");
  const { kernels, bias } = edits.applied([1, 1, 3, 3], { kernels: FILTER, bias: Float32Array.of(0) });
  assert.deepEqual([kernels[5], kernels[0], bias[0]], [-1.5, Math.fround(0.1), 2]);
  assert.equal(FILTER[5], -1); // the given ones stay
  assert.deepEqual(new Edits("9.0.0.0~1").applied([1, 1, 3, 3], { kernels: FILTER, bias: [0] }).kernels, FILTER);
});

test("the place in the input is kept when the layer changes", () => {
  const kept = (former, now, row, col) => {
    const state = { row, col };
    keepPlace(former, now, state);
    return [state.row, state.col];
  };
  const plain = layer(28, 3, 1, 0);
  assert.deepEqual(kept(plain, layer(28, 3, 2, 0), 12, 12), [6, 6]);
  assert.deepEqual(kept(layer(28, 3, 2, 0), plain, 6, 3), [12, 6]);
  assert.deepEqual(kept(plain, layer(28, 3, 1, 2), 12, 0), [14, 2]);
  assert.deepEqual(kept(plain, layer(28, 5, 1, 0), 12, 25), [11, 23]);
  assert.deepEqual(kept(plain, layer(84, 3, 1, 0), 12, 12), [39, 39]); // another size: the same part of it
  assert.deepEqual(kept(plain, plain, 7, 9), [7, 9]);
  assert.deepEqual(kept(undefined, layer(6, 3, 2, 0), 40, 0), [1, 0]);
});
