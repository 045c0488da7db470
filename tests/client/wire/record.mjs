// Print what the official JavaScript client sends for each of its methods, as JSON.
//
//     npm install --no-save --ignore-scripts --prefix DIRECTORY rokka@4.0.0
//     node record.mjs DIRECTORY > ../../vectors/calls.json
//
// The client speaks to a server of this script on the loopback, which keeps the request and gives
// an answer that every method can read.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { Readable } from "node:stream";

import { walk } from "../../rokka_js_methods.mjs";
import { API_KEY, CASES, LOCAL, ORGANIZATION } from "./cases.mjs";

const RENDER_PREFIX = "/render-host/";
const encodePart = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
// No secret: signed by nobody, valid until 2100, so that the recording is the same on any day.
const TOKEN = [{ typ: "JWT", alg: "HS256" }, { id: "someone", exp: 4102444800, expt: 86400, rn: true }]
  .map(encodePart).concat("c2lnbmF0dXJl").join(".");
const ANSWER = JSON.stringify({ total: 0, items: [], user_id: "someone", token: TOKEN, payload: {} });

const NOTES = [
  "Facts only: each request was sent by the named library on Node and received by a server.",
  "id is unique: the method and what is special about the call. arguments are the method's own; "
    + "{\"$bytes\"} is a Buffer and {\"$stream\"} a stream of what is in base64.",
  "The client has the organization and api_key of `given`; with given \"token\" it holds the token as well.",
  "host is \"api\", or the host that renders. path is as sent, percent-encoded; query is decoded and sorted "
    + "(null: a name without an equals sign).",
  "headers has those that matter; of Content-Type the part before the parameters, Content-Length only where the "
    + "body is empty.",
  "body is null where it is empty, else {\"json\"}, {\"text\"} (no JSON) or {\"multipart\"}: the parts in their "
    + "order, each with text, or with sha1 where it is no UTF-8.",
  "request null means that the library throws and sends nothing.",
  "quirk true marks behaviour that looks accidental: decide knowingly whether to copy it.",
  "local names the methods that make no request. Each method of the client is in calls or in local.",
];

async function main(directory) {
  const require = createRequire(resolve(directory, "installed.js"));
  const loaded = require("rokka");
  const server = await startServer();
  const host = `http://127.0.0.1:${server.address().port}`;
  process.on("unhandledRejection", () => {}); // the client leaves one behind; see cases.mjs
  checkMethods(makeClient(loaded.default ?? loaded, host, {}));
  const calls = [];
  for (const [method, special, parameters, extra = {}] of CASES) {
    const client = makeClient(loaded.default ?? loaded, host, extra);
    const request = await capture(server, client, method, parameters);
    const id = special ? `${method} ${special}` : method;
    calls.push({ id, method, ...extra, arguments: parameters, request });
  }
  server.close();
  server.closeAllConnections();
  const ids = calls.map((call) => call.id);
  assert.equal(new Set(ids).size, ids.length, "two calls have the same id");
  const document = {
    format: 1,
    kind: "calls",
    about: "The HTTP request that each method of the official JavaScript client makes.",
    producer: `rokka ${require("rokka/package.json").version} (npm)`,
    notes: NOTES,
    given: { organization: ORGANIZATION, api_key: API_KEY, token: TOKEN },
    calls,
    local: [...LOCAL].sort(),
  };
  process.stdout.write(JSON.stringify(document, null, 1) + "\n");
}

async function startServer() {
  const server = createServer(async (request, response) => {
    const blocks = [];
    for await (const block of request) blocks.push(block);
    server.received.push(describe(request, Buffer.concat(blocks)));
    const isBinary = request.url.split("?")[0].endsWith("/download");
    response.writeHead(200, { "Content-Type": isBinary ? "image/png" : "application/json" });
    response.end(isBinary ? "bytes" : ANSWER);
  });
  server.received = [];
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function makeClient(rokka, host, { given }) {
  const callbacks = { apiTokenGetCallback: () => TOKEN, apiTokenSetCallback: () => {} };
  return rokka({
    apiKey: API_KEY,
    apiHost: host,
    renderHost: `${host}${RENDER_PREFIX}{organization}`,
    transport: { retries: 0, requestTimeout: 10000 },
    ...(given === "token" ? callbacks : {}),
  });
}

// Make one call and return its request, null where the client throws instead.
async function capture(server, client, method, parameters) {
  server.received.length = 0;
  const path = method.split(".");
  const owner = path.slice(0, -1).reduce((object, name) => object[name], client);
  let error = null;
  try {
    const answer = await owner[path.at(-1)](...structuredClone(parameters).map(revive));
    answer?.body?.resume?.(); // a download
  } catch (caught) {
    error = caught;
  }
  const received = [...server.received];
  if (error !== null && received.length) throw error;
  assert.equal(received.length, error === null ? 1 : 0, `${method} sends ${received.length} requests`);
  return received[0] ?? null;
}

function revive(argument) {
  if (argument?.$bytes !== undefined) return Buffer.from(argument.$bytes, "base64");
  if (argument?.$stream !== undefined) return Readable.from([Buffer.from(argument.$stream, "base64")]);
  return argument;
}

// Fail where a method of the client is neither recorded nor local, or one of those does not exist.
function checkMethods(client) {
  const known = new Set([...CASES.map(([method]) => method), ...LOCAL]);
  const existing = new Set(walk(client));
  const forgotten = [...existing].filter((method) => !known.has(method));
  assert.ok(!forgotten.length, `neither recorded nor local: ${forgotten}`);
  const gone = [...known].filter((method) => !existing.has(method));
  assert.ok(!gone.length, `no methods of the client: ${gone}`);
}

function describe(request, body) {
  let [path, query = ""] = request.url.split(/\?(.*)/s);
  let host = "api";
  if (path.startsWith(RENDER_PREFIX)) {
    const [, organization, rest] = path.slice(RENDER_PREFIX.length - 1).split(/\/([^/]+)(.*)/s).slice(0, 3);
    [host, path] = [`${organization}.rokka.io`, rest];
  }
  return {
    method: request.method,
    host,
    path,
    query: readQuery(query),
    headers: readHeaders(request.headers, body),
    body: readBody(request.headers["content-type"] ?? "", body),
  };
}

function readQuery(query) {
  const pairs = query.split("&").filter(Boolean).map((pair) => {
    const [name, value] = pair.split(/=(.*)/s).map(decodeURIComponent);
    return [name, value ?? null];
  });
  const keys = pairs.map((pair) => JSON.stringify(pair)).sort();
  return keys.map((key) => JSON.parse(key));
}

function readHeaders(headers, body) {
  const names = ["Api-Version", "Api-Key", "Authorization", "Destination", "Overwrite"];
  const found = names.filter((name) => name.toLowerCase() in headers)
    .map((name) => [name, headers[name.toLowerCase()]]);
  if ("content-type" in headers) found.push(["Content-Type", headers["content-type"].split(";")[0].trim()]);
  if (!body.length && "content-length" in headers) found.push(["Content-Length", headers["content-length"]]);
  return Object.fromEntries(found);
}

function readBody(contentType, body) {
  if (!body.length) return null;
  const boundary = /^multipart\/form-data;.*boundary=([^;]+)/.exec(contentType)?.[1];
  if (boundary) return { multipart: readParts(body, boundary) };
  const text = body.toString();
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { text };
  }
}

function readParts(body, boundary) {
  // As latin1 a string has one character per byte.
  const pieces = body.toString("latin1").split(new RegExp(`(?:^|\r\n)--${boundary}(?:--)?\r\n`));
  assert.equal(pieces[0] + pieces.at(-1), "", "there is something outside of the parts");
  return pieces.slice(1, -1).map((piece) => {
    const [head, latin] = piece.split(/\r\n\r\n(.*)/s);
    const headers = Buffer.from(head, "latin1").toString();
    const content = Buffer.from(latin, "latin1");
    const find = (pattern) => pattern.exec(headers)?.[1] ?? null;
    const text = content.toString();
    return {
      name: find(/[; ]name="([^"]*)"/),
      filename: find(/filename="([^"]*)"/),
      content_type: find(/^Content-Type: (.*)$/m),
      ...(Buffer.from(text).equals(content)
        ? { text }
        : { sha1: createHash("sha1").update(content).digest("hex") }),
    };
  });
}

main(process.argv[2]).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
