// Holds the browser's code to strict types, but for the files below, which wait for theirs. A file that passes must
// leave the list. `npm run lint` runs it.

import { spawnSync } from "node:child_process";

const WAITING = new Set([]);

const run = spawnSync("node_modules/.bin/tsc", ["--strict", "true", "--pretty", "false"], { encoding: "utf8" });
const errors = run.stdout.split("\n").filter((line) => line.includes(": error TS"));
const fileOf = (error) => error.slice(0, error.indexOf("(")).replace("cnnviz/components/", "");
const wrong = errors.filter((error) => !WAITING.has(fileOf(error)));
const ready = [...WAITING].filter((file) => !errors.some((error) => fileOf(error) === file));
for (const error of wrong) console.error(error);
for (const file of ready) console.error(`${file} passes: take it off the list`);
process.exitCode = wrong.length || ready.length || run.error ? 1 : 0;
