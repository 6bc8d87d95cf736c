// The browser's history beside what controls and server write into it, in every order.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Steps } from "../../cnnviz/components/history_steps/steps.js";

/** A tab: a history, and events. */
function tab(/** @type {string} */ address) {
  const origin = "http://cnnviz.test";
  let entries = [address];
  let at = 0;
  let isIdle = true;
  let tops = 0;
  /** @type {Record<string, ((event: any) => void)[]>} */
  const listeners = {};
  const local = (/** @type {string} */ url) => String(new URL(url, origin)).slice(origin.length);
  const window = /** @type {any} */ ({
    history: {
      pushState(/** @type {any} */ _, /** @type {string} */ __, /** @type {string} */ url) {
        entries = [...entries.slice(0, at + 1), local(url)];
        at += 1;
      },
      replaceState(/** @type {any} */ _, /** @type {string} */ __, /** @type {string} */ url) {
        entries[at] = local(url);
      },
    },
    get location() {
      return new URL(entries[at], origin);
    },
    addEventListener: (/** @type {string} */ name, /** @type {any} */ hear) => (listeners[name] ??= []).push(hear),
  });
  const steps = new Steps(window, { isIdle: () => isIdle, toTop: () => (tops += 1), arrived() {} });
  const fire = (/** @type {string} */ type, more = {}) =>
    listeners[type]?.forEach((hear) => hear({ type, composedPath: () => [], button: 0, ...more }));
  const link = (/** @type {string} */ href) => ({ composedPath: () => [{ tagName: "A", href, target: "" }] });
  return {
    steps,
    fire,
    entries: () => entries.join(" | "),
    here: () => entries[at],
    tops: () => tops,
    /** A key on a control, which writes its value into the address. */
    key(/** @type {string} */ query) {
      fire("keydown");
      window.history.replaceState({}, "", `${origin}${window.location.pathname}?${query}`);
      fire("keyup");
    },
    say: (/** @type {string} */ url) => window.history.pushState({}, "", url),
    click(/** @type {string} */ href, more = {}) {
      for (const type of ["pointerdown", "pointerup", "click"]) fire(type, { ...link(href), ...more });
    },
    back() {
      at -= 1;
      fire("popstate");
    },
    work() {
      isIdle = false;
      steps.work();
    },
    rest() {
      isIdle = true;
      steps.settle();
    },
  };
}

test("a late answer takes nothing back that was done since, nor does it become a step", () => {
  const { key, say, steps, work, rest, entries } = tab("/convolution?at=0.12.12");
  key("at=0.12.12&kernel_size=4");
  work();
  key("at=0.12.12&kernel_size=5");
  say("/convolution?at=0.11.11&kernel_size=4");
  steps.hear({ page: "convolution", asked: "at=0.12.12&kernel_size=4", address: "at=0.11.11&kernel_size=4" });
  rest();
  key("at=0.12.12&kernel_size=5&stride=2");
  work();
  say("/convolution?at=0.5.5&kernel_size=5&stride=2");
  steps.hear({ page: "convolution", asked: "", address: "at=0.5.5&kernel_size=5&stride=2" });
  assert.equal(
    entries(),
    "/convolution?at=0.12.12 | /convolution?at=0.12.12&kernel_size=4 | /convolution?at=0.12.12&kernel_size=5 | " +
      "/convolution?at=0.5.5&kernel_size=5&stride=2",
  );
});

test("the server has the last word where it was asked with what the browser has, or says no more", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { key, say, steps, work, rest, here } = tab("/convolution");
  key("kernel_size=99");
  work();
  say("/convolution?kernel_size=11");
  assert.equal(here(), "/convolution?kernel_size=99");
  steps.hear({ page: "convolution", asked: "kernel_size=99", address: "kernel_size=11" });
  assert.equal(here(), "/convolution?kernel_size=11");
  key("kernel_size=98");
  work();
  say("/convolution?kernel_size=10"); // of a part of the page, which says no more
  rest();
  mock.timers.tick(1999);
  assert.equal(here(), "/convolution?kernel_size=98");
  mock.timers.tick(1);
  assert.equal(here(), "/convolution?kernel_size=10");
  mock.timers.reset();
});

test("the address of a page that has just been opened is no step, and that of before is not heard", () => {
  const { key, steps, say, entries } = tab("/convolution");
  steps.hear({ page: "convolution", asked: "", address: "image=lecture" });
  steps.hear({ page: "convolution", asked: "image=digit", address: "image=digit&at=1" });
  steps.hear({ page: "pooling", asked: "image=lecture", address: "image=numbers" });
  assert.equal(entries(), "/convolution?image=lecture");
  key("image=lecture&stride=2");
  steps.hear({ page: "convolution", asked: "image=lecture", address: "image=lecture" });
  say("/convolution?image=lecture");
  assert.equal(entries(), "/convolution?image=lecture | /convolution?image=lecture&stride=2");
});

test("what comes late on the way to another page is no step", () => {
  const { key, say, work, rest, click, entries } = tab("/convolution?image=shape");
  key("image=shape&stride=2");
  work();
  click("/kernels");
  say("/convolution"); // the next page's address, in this page's name
  rest(); // what ran before has come to its end
  work();
  say("/kernels");
  say("/kernels?at=1");
  assert.equal(entries(), "/convolution?image=shape | /convolution?image=shape&stride=2 | /kernels?at=1");
});

test("a link that opens another tab leads nowhere", () => {
  const { click, fire, say, steps, work, rest, entries } = tab("/convolution");
  click("/kernels", { ctrlKey: true });
  assert.equal(steps.isAhead, false);
  fire("pointerdown");
  work();
  say("/convolution?at=0.1.1");
  rest();
  assert.equal(entries(), "/convolution | /convolution?at=0.1.1");
});

test("Back is not written over by the page that one comes from", () => {
  const { click, say, steps, work, rest, back, entries } = tab("/convolution?kernel_size=5");
  click("/compare");
  work();
  say("/compare");
  rest();
  back();
  assert.ok(steps.isAhead);
  say("/convolution?runs=12"); // Compare has chosen what it compares
  steps.hear({ page: "compare", asked: "", address: "runs=12" });
  work();
  say("/convolution?kernel_size=5&runs=1");
  steps.hear({ page: "convolution", asked: "kernel_size=5", address: "kernel_size=5" });
  assert.equal(entries(), "/convolution?kernel_size=5 | /compare");
  assert.equal(steps.isAhead, false);
});

test("a drag is one act, its click none", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { fire, key, say, steps, entries } = tab("/convolution");
  fire("pointerdown");
  key("stride=2");
  fire("pointerup");
  fire("click");
  steps.hear({ page: "convolution", asked: "stride=2", address: "stride=2&at=0.1.1" });
  say("/convolution?stride=2&at=0.2.2");
  assert.equal(entries(), "/convolution | /convolution?stride=2&at=0.2.2");
  mock.timers.runAll();
  fire("click"); // one that a screen reader makes
  say("/convolution?stride=2&at=0.3.3");
  assert.equal(entries(), "/convolution | /convolution?stride=2&at=0.2.2 | /convolution?stride=2&at=0.3.3");
  mock.timers.reset();
});

test("another view begins at its top, at once, but not under a finger", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { fire, say, tops } = tab("/activations?look=conv1");
  fire("keydown");
  say("/activations?look=conv2");
  assert.equal(tops(), 1);
  say("/activations?look=conv2:relu:5");
  assert.equal(tops(), 2);
  say("/activations?look=conv2:relu:5"); // the same
  fire("pointerdown");
  say("/activations?look=fc1");
  assert.equal(tops(), 2);
  fire("pointerup");
  mock.timers.runAll();
  assert.equal(tops(), 3);
  mock.timers.reset();
});
