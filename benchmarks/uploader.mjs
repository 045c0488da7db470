// One sample of rokka.js: node uploader.mjs DIRECTORY URL FILE UPLOADS
//
// DIRECTORY has the npm package rokka in its node_modules. See uploaders.py for the rest.

import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const [directory, url, file, uploads] = process.argv.slice(2);
const loaded = createRequire(resolve(directory, "installed.js"))("rokka");
const client = (loaded.default ?? loaded)({ apiKey: "key", apiHost: url, transport: { retries: 0 } });

const upload = (path) => client.sourceimages.create("acme", "picture.jpg", createReadStream(path));
const readPeak = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;

await upload(join(dirname(file), "warm-up"));
const before = readPeak();
const started = performance.now();
for (let index = 0; index < Number(uploads); index++) await upload(file);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, memory: Math.max(0, readPeak() - before) }));
