// Tell a story to an emulator with the official JavaScript client, and print all that it answers.
//
//     node rokka_js.mjs DIRECTORY API_HOST PICTURES
//
// DIRECTORY has the package in its node_modules, PICTURES the files that are uploaded. Printed is
// JSON: the methods that the client has, and each call with its answer, by chapter of the story. A
// call that is refused is recorded as well, with the status and the error that the client reports.

import { readFileSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { walk } from "../../rokka_js_methods.mjs";

const [DIRECTORY, API_HOST, PICTURES] = process.argv.slice(2);
const ORGANIZATION = "acme";
const OTHER = "acme-archive";
const HEADERS = [
  "location", "warning", "content-type", "content-disposition", "cache-control", "vary",
  "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-retry-after",
];

const require = createRequire(resolve(DIRECTORY, "installed.js"));
const loaded = require("rokka");
const rokka = loaded.default ?? loaded;
// Not every resolver knows the names below localhost.
const agent = new Agent({
  keepAlive: true,
  lookup: (name, { all }, done) =>
    all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
});
const PORT = Number(new URL(API_HOST).port);
const calls = [];
let chapter;

function makeClient(credentials) {
  return rokka({
    apiHost: API_HOST,
    renderHost: `http://{organization}.localhost:${PORT}`,
    transport: { retries: 0, requestTimeout: 20000, agent },
    ...credentials,
  });
}

// Call a method, record what it gives, and return that.
async function call(client, method, special, ...given) {
  const path = method.split(".");
  const owner = path.slice(0, -1).reduce((object, name) => object[name], client);
  const record = { chapter, id: special ? `${method} ${special}` : method, method };
  if (calls.some((other) => other.id === record.id)) throw new Error(`two calls: ${record.id}`);
  calls.push(record);
  let answer;
  try {
    answer = await owner[path.at(-1)](...given);
  } catch (error) {
    if (error.response === undefined) throw error; // it came from no server
    answer = error;
  }
  if (answer?.response === undefined) {
    record.body = answer ?? null;
    return record.body;
  }
  record.status = answer.statusCode;
  record.headers = pick(Object.fromEntries(answer.response.headers));
  record.body = await readBody(answer.body);
  return record.body;
}

const using = (client, api) => (name, special, ...given) =>
  call(client, `${api}.${name}`, special, ...given);

const pick = (headers) =>
  Object.fromEntries(HEADERS.filter((name) => name in headers).map((name) => [name, headers[name]]));

async function readBody(body) {
  if (body instanceof Readable) body = await buffer(body);
  return Buffer.isBuffer(body) ? { $bytes: body.toString("base64") } : body;
}

// Fetch a URL that the client has built, byte for byte.
async function look(special, url, headers = {}) {
  const [, host, path] = /^http:\/\/([^/]+)(.*)$/.exec(url);
  const target = { agent, host: "127.0.0.1", port: PORT, path, headers: { Host: host, ...headers } };
  const response = await new Promise((resolve, reject) => get(target, resolve).on("error", reject));
  calls.push({
    chapter,
    id: `look ${special}`,
    status: response.statusCode,
    headers: pick(response.headers),
    body: await readBody(response),
  });
}

const read = (name) => readFileSync(join(PICTURES, name));

// Serve a picture to those who import it by its URL.
async function serve(name) {
  const server = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "image/png" });
    response.end(read(name));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function signUp() {
  const nobody = makeClient({});
  const ada = await call(nobody, "users.create", "with an organization", "ada@example.org", ORGANIZATION);
  await call(nobody, "users.create", "", "bob@example.org");
  await call(nobody, "users.create", "with a taken organization", "eve@example.org", ORGANIZATION);
  await call(nobody, "operations.list", "");
  await call(nobody, "stackoptions.get", "");
  const client = makeClient({ apiKey: ada.api_key });
  await call(client, "users.getId", "");
  await call(makeClient({ apiKey: "x".repeat(64) }), "user.get", "with a wrong key");
  return { client, ada };
}

async function manageOrganizations(client) {
  const organizations = using(client, "organizations");
  await organizations("create", "", OTHER, "ada@example.org", "The archive");
  await organizations("setOption", "on", ORGANIZATION, "protect_dynamic_stack", true);
  await organizations("setOption", "off", ORGANIZATION, "protect_dynamic_stack", false);
  await organizations("setOption", "to text", ORGANIZATION, "remote_basepath", "https://example.org/");
  await organizations("setOption", "unknown", ORGANIZATION, "no_such_option", true);
  await organizations("setOptions", "", OTHER, {
    remote_fullurl_allow: true, remote_fullurl_whitelist: ["^https://example\\.org/"],
  });
  await organizations("get", "of another", OTHER);
  await organizations("get", "unknown", "nobody");
  return organizations("get", "", ORGANIZATION);
}

async function manageMemberships(client, ada) {
  const memberships = using(client, "memberships");
  const robot = await memberships("createWithNewUser", "", ORGANIZATION, ["upload", "read"], "robot");
  await memberships("get", "", ORGANIZATION, robot.user_id);
  await memberships("create", "for one of us", ORGANIZATION, robot.user_id, ["write"], "a better robot");
  await memberships("create", "again", ORGANIZATION, robot.user_id, ["write"], "a better robot");
  await memberships("create", "elsewhere", OTHER, robot.user_id, "read");
  await memberships("list", "", ORGANIZATION);
  const reader = makeClient({ apiKey: robot.api_key });
  await call(reader, "sourceimages.list", "of a member", ORGANIZATION);
  await call(reader, "stacks.create", "of a reader", OTHER, "small", { operations: [] });
  await memberships("delete", "", ORGANIZATION, robot.user_id);
  await memberships("get", "of who is gone", ORGANIZATION, robot.user_id);
  await memberships("delete", "of the last admin", ORGANIZATION, ada.id);
}

async function manageUser(client) {
  const user = using(client, "user");
  await user("getId", "");
  await user("get", "");
  await user("getCurrentApiKey", "");
  const key = await user("addApiKey", "", "second key");
  await user("listApiKeys", "with two");
  await call(makeClient({ apiKey: key.api_key }), "user.getCurrentApiKey", "of the second key");
  await user("deleteApiKey", "", key.id);
  await user("listApiKeys", "");
  await call(makeClient({ apiKey: key.api_key }), "user.get", "with a deleted key");
  await user("getToken", "without any");
  await user("getTokenIsValidFor", "without any");
}

async function useTokens(client, apiKey) {
  let token = null;
  const callbacks = {
    apiTokenGetCallback: () => token,
    apiTokenSetCallback: (given) => { token = given; },
  };
  const user = using(makeClient({ apiKey, ...callbacks }), "user");
  await user("getNewToken", "", apiKey, { expires_in: 7200, renewable: true });
  await user("getToken", "");
  await user("isTokenExpiring", "");
  await user("isTokenExpiring", "within a day", 86400);
  await user("getTokenIsValidFor", "");
  await user("get", "with a token");
  await user("getNewToken", "by a token", null, { expires_in: 600 });
  await user("getNewToken", "that is valid for longer", null, { expires_in: 86400 });
  await call(client, "user.getNewToken", "of contradictions", null, { no_ip_protection: true, ips: "10.0.0.1" });
  await user("setToken", "that is forged", token.replace(/.{8}$/, "00000000"));
  await call(makeClient(callbacks), "user.get", "with a forged token");
  await user("getToken", "after the forged one");
}

async function upload(client) {
  const create = (special, ...rest) => call(client, "sourceimages.create", special, ORGANIZATION, ...rest);
  const images = {};
  images.halves = (await create("of a buffer", "halves.png", read("halves.png"))).items[0];
  images.wide = (await create("of a stream", "wide.jpg", Readable.from([read("wide.jpg")]))).items[0];
  images.drawing = (await create("with metadata", 'a "bär".svg', read("drawing.svg"), {
    meta_user: { title: "Bär", "int:number": 42, "array:albums": ["Im Frühling"] },
    meta_dynamic: { version: { text: "two" } },
  })).items[0];
  images.hidden = (await create("protected", "hidden.png", read("hidden.png"), {
    options: { protected: true },
  })).items[0];
  await create("again", "other.png", read("halves.png"));
  await create("optimized", "scan.tiff", read("scan.tiff"), null, { optimize_source: true });
  await create("with a bad field", "halves.png", read("halves.png"), { meta_user: { "Not good": "x" } });
  const server = await serve("far.png");
  const url = `http://127.0.0.1:${server.address().port}/folder/a%20far.png?x=1`;
  const createByUrl = (special, ...rest) =>
    call(client, "sourceimages.createByUrl", special, ORGANIZATION, ...rest);
  images.far = (await createByUrl("", url, { meta_user: { "double:weight": 0.5 } })).items[0];
  server.close();
  server.closeAllConnections();
  await createByUrl("out of reach", url.replace("folder", "gone"));
  return images;
}

async function search(client, images) {
  const list = (special, query) => call(client, "sourceimages.list", special, ORGANIZATION, query);
  const sort = "name asc";
  await list("", {});
  await list("sorted", { sort: ["format desc", "width asc", "height asc"] });
  const page = await list("first page", { sort, limit: 2 });
  await list("next page", { sort, limit: 2, offset: page.cursor });
  await list("with limit and offset", { sort, limit: 2, offset: 1 });
  await list("of nothing", { limit: 0 });
  await list("with an unknown field", { search: { "no such field": 1 } });
  await list("with a wrong limit", { limit: 2001 });
  const searches = {
    "a name": { name: "halves.png" },
    "a prefix": { name: "ha*" },
    "an inclusive range": { width: "[40,60]" },
    "an exclusive range": { width: "{40,60}" },
    "a mixed range": { width: "[40,60}" },
    "an open range": { size: "{,400]", format: "svg" },
    "a date": { created: "['2017-01-01T00:00:00Z',}" },
    "a date before": { created: "{,'2017-01-01T00:00:00Z'}" },
    "a user field": { "user:str:title": "Bär" },
    "a typed field": { "user:int:number": 42 },
    "an array": { "user:array:albums": "Im Frühling" },
    "a double": { "user:double:weight": "[0.25,1}" },
    "dynamic metadata": { "dynamic:str:version:text": "two" },
    "two conditions": { format: "png", width: 40 },
    "either condition": { operator: "or", format: "svg", width: 40 },
    "a hash": { hash: images.wide.hash },
  };
  for (const [name, found] of Object.entries(searches)) await list(`by ${name}`, { sort, search: found });
  await list("with facets", { limit: 0, facets: "user:array:albums" });
  await call(client, "sourceimages.getWithBinaryHash", "", ORGANIZATION, images.far.binary_hash);
  await call(client, "sourceimages.getWithBinaryHash", "unknown", ORGANIZATION, "0".repeat(40));
  await call(client, "sourceimages.downloadList", "", ORGANIZATION, { sort, search: { width: 40 } });
}

async function readImages(client, { halves, hidden, drawing }) {
  await call(client, "sourceimages.get", "", ORGANIZATION, halves.hash);
  await call(client, "sourceimages.get", "by a short hash", ORGANIZATION, halves.short_hash);
  await call(client, "sourceimages.get", "unknown", ORGANIZATION, "0".repeat(40));
  await call(client, "sourceimages.download", "", ORGANIZATION, drawing.hash);
  await call(client, "sourceimages.downloadAsBuffer", "", ORGANIZATION, hidden.hash);
  await call(client, "request", "", `sourceimages/${ORGANIZATION}/${halves.hash}`);
  await call(client, "request", "with a body", `sourceimages/${ORGANIZATION}/${halves.hash}/meta/user`, "PATCH", {
    asked: "plainly",
  });
  await call(client, "request", "of one field", `sourceimages/${ORGANIZATION}/${halves.hash}/meta/user/asked`);
  await call(client, "request", "nowhere", "nowhere");
}

async function changeImages(client, { wide }) {
  const change = (name, special, ...rest) =>
    call(client, `sourceimages.${name}`, special, ORGANIZATION, wide.hash, ...rest);
  await change("putName", "", 'wide "ö".jpg');
  await change("get", "renamed");
  await change("autolabel", "");
  await change("autodescription", "", ["de", "en"]);
  await change("autodescription", "in Latin", ["la"]);
  await change("meta.get", "after labels");
  await change("setLocked", "", true);
  await change("delete", "locked");
  await change("meta.add", "locked", { title: "x" });
  await change("setLocked", "off", false);
  for (const number of [1, 2, 3, 4, 5, 6]) await change("invalidateCache", `${number}`);
  await change("setProtected", "", true);
  const secret = calls.at(-1).headers.location.split("/").at(-1);
  const image = using(client, "sourceimages");
  await image("setProtected", "again", ORGANIZATION, secret, true);
  await image("setProtected", "off", ORGANIZATION, secret, false, { deletePrevious: true });
  await image("get", "of the previous", ORGANIZATION, secret);
  await image("get", "of the deleted previous", ORGANIZATION, secret, { deleted: true });
}

async function changeMetadata(client, { wide }) {
  const meta = (name, special, ...rest) =>
    call(client, `sourceimages.meta.${name}`, special, ORGANIZATION, wide.hash, ...rest);
  await meta("replace", "", { title: "Bär", "int:number": 42, "date:taken": "2020-01-01T00:00:00Z" });
  await meta("get", "replaced");
  await meta("add", "", { title: null, "latlon:place": "47.38,8.52", "array:labels": ["tree", "bär"] });
  await meta("get", "added");
  await meta("set", "to text", "title", 'a "bär"');
  await meta("set", "to digits", "zip", "8000");
  await meta("set", "to a number", "int:number", 0);
  await meta("set", "to a list", "array:labels", ["sea"]);
  await meta("set", "to a wrong type", "int:number", "many");
  await meta("add", "of a bad name", { AltText: "x" });
  await meta("get", "set");
  await meta("delete", "of a field", "int:number");
  await meta("get", "without a field");
  await meta("delete", "");
  await meta("get", "");
}

async function changeDynamicMetadata(client, { drawing }) {
  const image = (name, special, hash, ...rest) =>
    call(client, `sourceimages.${name}`, special, ORGANIZATION, hash, ...rest);
  const area = { x: 30, y: 0, width: 20, height: 40 };
  const focused = await image("setSubjectArea", "", drawing.hash, area);
  await image("setSubjectArea", "again", focused.hash, area);
  await image("removeSubjectArea", "", focused.hash, { deletePrevious: true });
  await image("get", "without its area", focused.hash);
  const cropped = await image("addDynamicMetaData", "", drawing.hash, "crop_area", area);
  const both = await image("addDynamicMetaData", "with deletePrevious", cropped.hash, "multi_areas", {
    face_1: { subject_area: { x: 1, y: 2, width: 3, height: 4 } },
  }, { deletePrevious: true });
  await image("addDynamicMetaData", "with keepHash", both.hash, "version", { text: "three" }, { keepHash: true });
  await image("addDynamicMetaData", "with contradictions", both.hash, "version", { text: "four" }, {
    keepHash: true, deletePrevious: true,
  });
  await image("addDynamicMetaData", "of an unknown kind", both.hash, "no_such_kind", {});
  await image("get", "with kept hash", both.hash);
  const left = await image("deleteDynamicMetaData", "", both.hash, "multi_areas", { deletePrevious: true });
  await image("get", "of what the client cannot delete", both.hash); // it asks for that in the body
  await image("deleteDynamicMetaData", "again", left.hash, "multi_areas");
  return left.hash; // it has the crop area
}

async function useAliases(client, { halves, far }) {
  const alias = (name, special, ...rest) =>
    call(client, `sourceimages.alias.${name}`, special, ORGANIZATION, ...rest);
  await alias("create", "", "logo_1", { hash: halves.short_hash });
  await alias("create", "without overwrite", "logo_1", { hash: far.hash }, { overwrite: false });
  await alias("get", "", "logo_1");
  await look("through an alias", client.render.getUrl(ORGANIZATION, "-_logo_1_-", "png", "dynamic/noop"));
  await alias("create", "with overwrite", "logo_1", { hash: far.hash }, { overwrite: true });
  await look("through a moved alias", client.render.getUrl(ORGANIZATION, "-_logo_1_-", "png", "dynamic/noop"));
  await alias("create", "of a bad name", "my-logo", { hash: far.hash });
  await alias("create", "of an unknown image", "logo_2", { hash: "0".repeat(40) });
  for (const number of [...Array(11).keys()]) await alias("invalidateCache", `${number + 1}`, "logo_1");
  await alias("delete", "", "logo_1");
  await alias("get", "deleted", "logo_1");
}

async function useStacks(client) {
  const stacks = (name, special, ...rest) => call(client, `stacks.${name}`, special, ORGANIZATION, ...rest);
  const operations = {};
  for (const [name, ...rest] of [
    ["resize", 20, 20, { mode: "fill" }],
    ["crop", 10, 20, { anchor: "left_top" }],
    ["rotate", 90, { background_color: "00FF00" }],
    ["composition", 30, 30, "foreground", { secondary_color: "00FF00" }],
    ["blur", 2],
    ["autorotate", {}],
    ["dropshadow", { horizontal: 5 }],
    ["trim", { fuzzy: 10 }],
    ["noop"],
  ]) operations[name] = await call(client, `operations.${name}`, "", ...rest);
  const sharp = await call(client, "expressions.default", "", "options.dpr >= 2", { "jpg.quality": 60 });
  await stacks("create", "", "corner", {
    description: "the Bär's corner",
    operations: [operations.resize, operations.crop],
    options: { "jpg.quality": 90 },
    variables: { w: 20 },
    expressions: [sharp],
  });
  await stacks("create", "without overwrite", "corner", { operations: [] });
  await stacks("create", "with overwrite", "corner", {
    operations: [
      operations.resize,
      { ...operations.crop, expressions: { width: "$w" } },
      operations.rotate,
    ],
    variables: { w: 10 },
  }, { overwrite: true });
  await stacks("create", "in the old form", "all", Object.values(operations), { "png.compression_level": 9 });
  await stacks("create", "of what nobody knows", "odd", { operations: [{ name: "no_such_operation" }] });
  await stacks("create", "of a bad name", "_odd", { operations: [] });
  await stacks("create", "protected afterwards", "corner", { options: { protected: true } }, { overwrite: true });
  await stacks("create", "protected", "members", { operations: [], options: { protected: true } });
  await stacks("get", "", "corner");
  await stacks("list", "");
  await stacks("list", "with limit and offset", 1, 1);
  for (const number of [1, 2, 3, 4, 5, 6]) await stacks("invalidateCache", `${number}`, "corner");
  await stacks("create", "to be deleted", "gone", {});
  await stacks("delete", "", "gone");
  await stacks("delete", "again", "gone");
  await stacks("get", "deleted", "gone");
}

async function render(client, { halves, wide, cropped }) {
  const getUrl = (special, ...rest) => call(client, "render.getUrl", special, ORGANIZATION, ...rest);
  const plain = await getUrl("", halves.hash, "png", "corner");
  await look("at a stack", plain);
  const seo = await getUrl("with options", wide.short_hash, "jpg", "dynamic/resize-width-30", {
    filename: "seo-name", stackoptions: { autoformat: "true", dpr: 2 },
  });
  await look("in WebP", seo, { Accept: "image/webp,*/*" });
  await look("in JPEG", seo, { Accept: "image/*" });
  await look("with operations", await getUrl("with operations", halves.hash, "png", [
    { name: "resize", options: { width: 20 } },
    { name: "rotate", options: { angle: 90 } },
  ]));
  await look("with a background", await getUrl("with a background", halves.hash, "png", [
    { name: "composition", options: { width: 60, height: 40, mode: "background", secondary_color: "008000" } },
  ]));
  await look("at a crop area", await getUrl("of a crop area", cropped, "png", [
    { name: "crop", options: { width: 20, height: 40, mode: "area" } },
  ]));
  await look("at a blurhash", await getUrl("of a blurhash", halves.hash, "blur", "dynamic/noop"));
  await look("at the original size", await getUrl("without operations", halves.hash, "png", ""));
  await look("at an unknown stack", await getUrl("with an unknown stack", halves.hash, "png", "nowhere"));
  await look("at an unknown image", await getUrl("of an unknown image", "0".repeat(40), "png", "corner"));
  await look("without a resize", await getUrl("with dpr", halves.hash, "png", "dynamic/noop", {
    stackoptions: { dpr: 2 },
  }));
  const variables = { w: 4, text: "a & b" };
  await look("with all variables", await getUrl("with variables", halves.hash, "png", "corner", { variables }));
  const short = await call(client, "render.addStackVariables", "", plain, { w: 5 });
  await look("with a variable", short);
  const long = await call(client, "render.addStackVariables", "in the query", plain, variables, true);
  await look("with variables in the query", long);
  // With a port the client does not find the organization in the host.
  const portless = makeClient({ renderHost: "http://{organization}.localhost" });
  await look("at another stack", await call(
    portless, "render.getUrlFromUrl", "", portless.render.getUrl(ORGANIZATION, halves.hash, "png", "corner"),
    "dynamic/resize-width-10", { filename: "small", format: "gif" },
  ));
  await call(client, "render.getUrlComponents", "", new URL(short));
  await call(client, "render.getUrlComponents", "of another page", new URL("https://example.org/"));
  await call(client, "render.imagesByAlbum", "", ORGANIZATION, "Im Frühling");
  await call(client, "render.imagesByAlbum", "with favorites", ORGANIZATION, "Im Frühling", { favorites: true });
}

async function sign(client, { hidden, halves }, key) {
  const url = client.render.getUrl(ORGANIZATION, hidden.hash, "png", "dynamic/resize-width-10", { filename: "name" });
  const signUrl = (special, ...rest) => call(client, "render.signUrl", special, ...rest);
  await look("at the hidden", url);
  const signed = await signUrl("", url, key);
  await look("at the signed", signed);
  await look("at the signed by another name", signed.replace(".png", "/a-name.png"));
  await look("at the tampered", signed.replace("width-10", "width-11"));
  await look("with a wrong signature", await signUrl("with a wrong key", url, `${key}x`));
  const hour = 3600000;
  await look("in time", await signUrl("until soon", url, key, { until: new Date(Date.now() + hour) }));
  const late = await signUrl("until yesterday", url, key, { until: new Date(Date.now() - 24 * hour) });
  await look("too late", late);
  await look("with more time than signed", late.replace("%22until%22%3A%2220", "%22until%22%3A%2221"));
  await look("with options of its own", await call(
    client, "render.signUrlWithOptions", "", url, key, { until: new Date(Date.now() + hour).toISOString() },
  ));
  const variables = client.render.addStackVariables(url, { text: "a & ü" });
  await look("signed with variables", await signUrl("with variables", variables, key));
  const stack = client.render.getUrl(ORGANIZATION, halves.hash, "png", "members");
  await look("at a protected stack", stack);
  const remote = await call(client, "utils.signUrl", "", ORGANIZATION, stack);
  await look("signed by the server", remote.signed_url);
  await call(client, "utils.signUrl", "rounded", ORGANIZATION, stack, { roundDateUpTo: 600 });
  await call(client, "utils.signUrl", "of nothing", ORGANIZATION, "");
}

async function copyAndDelete(client, { halves, wide, hidden, far }) {
  const image = (name, special, ...rest) =>
    call(client, `sourceimages.${name}`, special, ORGANIZATION, ...rest);
  await image("copy", "", halves.hash, OTHER);
  await image("copy", "with overwrite", halves.hash, OTHER, true);
  await image("copy", "without overwrite", halves.hash, OTHER, false);
  await image("copy", "to nobody", halves.hash, "nobody");
  await image("copyAll", "", [halves.hash, wide.hash, "0".repeat(40)], OTHER, false);
  await call(client, "sourceimages.get", "of a copy", OTHER, halves.hash);
  await image("delete", "", halves.hash);
  await image("delete", "again", halves.hash);
  await image("get", "deleted", halves.hash);
  await image("get", "with deleted", halves.hash, { deleted: true });
  await image("list", "of deleted", { deleted: true, search: { hash: halves.hash } });
  await look("at the deleted", client.render.getUrl(ORGANIZATION, halves.hash, "png", "dynamic/resize-width-7"));
  await image("restore", "", halves.hash);
  await image("restore", "unknown", "0".repeat(40));
  await look("at the restored", client.render.getUrl(ORGANIZATION, halves.hash, "png", "dynamic/resize-width-7"));
  await image("deleteWithBinaryHash", "", far.binary_hash);
  await image("deleteWithBinaryHash", "again", far.binary_hash);
  await image("get", "deleted by its binary hash", far.hash);
}

async function count(client) {
  await call(client, "sourceimages.list", "at the end", ORGANIZATION);
  await call(client, "stats.get", "", ORGANIZATION);
  await call(client, "stats.get", "with a period", ORGANIZATION, "2020-01-01", "2020-01-02");
  await call(client, "billing.get", "", ORGANIZATION, "2020-01", "2020-02");
}

const tell = (name, story, ...given) => {
  chapter = name;
  return story(...given);
};

const { client, ada } = await tell("signing up", signUp);
const { signing_keys: [{ key }] } = await tell("organizations", manageOrganizations, client);
await tell("memberships", manageMemberships, client, ada);
await tell("user", manageUser, client);
await tell("tokens", useTokens, client, ada.api_key);
const images = await tell("uploads", upload, client);
await tell("searches", search, client, images);
await tell("reading", readImages, client, images);
await tell("changes", changeImages, client, images);
await tell("user metadata", changeMetadata, client, images);
images.cropped = await tell("dynamic metadata", changeDynamicMetadata, client, images);
await tell("aliases", useAliases, client, images);
await tell("stacks", useStacks, client);
await tell("renders", render, client, images);
await tell("signatures", sign, client, images, key);
await tell("copies and deletions", copyAndDelete, client, images);
await tell("statistics", count, client);
agent.destroy();
process.stdout.write(JSON.stringify({ methods: [...walk(client)], calls }));
