// The calls to record: [method, what is special about it, arguments, members to add to the record].
//
// `quirk` marks behaviour that looks accidental. `given: "token"` has the client hold a token.
// {$bytes} and {$stream} stand for a Buffer and a readable stream of what is in base64.

export const ORGANIZATION = "acme";
export const API_KEY = "OCOuisGe30QyocYkQN1SPErGGKunyuhZ";
const NEW_KEY = "q7vWn2Yk5Lr8Tz3Xc6Bd9Fg4Hj1Mp0Sa";
const HASH = "063c3dce6a528d8944a63185bd4c7b161454ee4f";
const HASH2 = "fe5d9a097df0e93cf9570cbdb0386b137b4c9ed2";
const BINARY_HASH = "498fed612f01199cd6702f5effe5fa7bb67e44f4";
const USER = "7f99e291-c43b-4230-ae01-a76af288ec90";
const EMAIL = "someone@example.org";

const encode = (bytes) => Buffer.from(bytes).toString("base64");
const BINARY = { $bytes: encode([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff]) };
const TEXT = { $bytes: encode("a picture\r\n--with lines\r\n") };
const STREAM = { $stream: encode("a picture that comes in pieces") };

const O = ORGANIZATION;
const quirk = (note) => ({ quirk: true, note });
const TWICE = quirk("the metadata are encoded as JSON twice, options of the request once");
const RAW = quirk("a string goes out as it is, not as JSON");

const LISTS = [
  ["", []],
  ["with limit and offset 0", [{ limit: 0, offset: 0 }]],
  ["with limit and offset", [{ limit: 20, offset: 40 }]],
  ["with a cursor", [{ limit: 2000, offset: "Vc6z+PbF/oW9KNDY1WFg5==" }]],
  ["with a sort", [{ sort: "created desc" }]],
  ["with several sorts", [{ sort: ["created desc", "user:int:id", "size asc"] }]],
  ["with a prefix", [{ search: { name: "plan*" } }]],
  ["with ranges", [{
    search: {
      height: "[1,2}",
      size: "{30000,}",
      created: "['2017-01-01T00:00:00Z',}",
      "user:date:taken": "{,'2020-12-31T23:59:59Z']",
    },
  }]],
  ["with typed fields", [{
    search: { "user:int:id": 42, "user:str:title": 'Ä "b" & c=d+e %41 #f', "user:double:weight": 0.5 },
  }]],
  ["with dynamic and static fields", [{
    search: { "dynamic:str:version:text": "two", "static:int:video:duration": "[10,}" },
  }]],
  ["with several values of a field", [{ search: { "user:array:labels": ["tree", "mountain"] } }],
    quirk("the field is repeated")],
  ["with an operator", [{ search: { operator: "or", width: 100, height: 100 } }]],
  ["with facets", [{ facets: "user:array:labels,user:str:place", limit: 0 }]],
  ["with deleted", [{ deleted: true }]],
  ["without deleted", [{ deleted: false }]],
  ["with nulls", [{ limit: null, offset: null, sort: null, search: null, facets: null, deleted: null }]],
  ["with everything", [{
    limit: 2, offset: 1, sort: ["created desc", "size asc"], facets: "user:array:labels", deleted: true,
    search: { height: "[1,2}", name: "foo*", "user:int:id": 42 },
  }]],
];

const list = (method) =>
  LISTS.map(([special, rest, extra]) => [method, special, [O, ...rest], extra]);

const SOURCE_IMAGES = [
  ...list("sourceimages.list"),
  ...list("sourceimages.downloadList"),
  ["sourceimages.get", "", [O, HASH]],
  ["sourceimages.get", "with a short hash", [O, "063c3d"]],
  ["sourceimages.get", "with deleted", [O, HASH, { deleted: true }]],
  ["sourceimages.get", "with a token", [O, HASH], { given: "token" }],
  ["sourceimages.getWithBinaryHash", "", [O, BINARY_HASH]],
  ["sourceimages.download", "", [O, HASH]],
  ["sourceimages.downloadAsBuffer", "", [O, HASH]],
  ["sourceimages.autolabel", "", [O, HASH]],
  ["sourceimages.autodescription", "", [O, HASH, ["de", "en"]]],
  ["sourceimages.autodescription", "with force", [O, HASH, ["fr"], true]],
  ["sourceimages.delete", "", [O, HASH]],
  ["sourceimages.deleteWithBinaryHash", "", [O, BINARY_HASH]],
  ["sourceimages.restore", "", [O, HASH]],
  ["sourceimages.copy", "", [O, HASH, "other"]],
  ["sourceimages.copy", "with overwrite", [O, HASH, "other", true]],
  ["sourceimages.copy", "without overwrite", [O, HASH, "other", false]],
  ["sourceimages.copyAll", "", [O, [HASH, HASH2], "other"]],
  ["sourceimages.copyAll", "without overwrite", [O, [HASH], "other", false]],
  ["sourceimages.invalidateCache", "", [O, HASH]],
  ["sourceimages.setProtected", "", [O, HASH, true]],
  ["sourceimages.setProtected", "off", [O, HASH, false]],
  ["sourceimages.setProtected", "with deletePrevious", [O, HASH, true, { deletePrevious: true }]],
  ["sourceimages.setProtected", "without deletePrevious", [O, HASH, false, { deletePrevious: false }]],
  ["sourceimages.setLocked", "", [O, HASH, true]],
  ["sourceimages.setLocked", "off", [O, HASH, false]],
  ["sourceimages.putName", "", [O, HASH, "new name.jpg"]],
  ["sourceimages.putName", "with a quote and an umlaut", [O, HASH, 'a "bär".jpg']],
];

const CREATE = [
  ["sourceimages.create", "", [O, "picture.jpg", TEXT]],
  ["sourceimages.create", "of binary data", [O, "picture.png", BINARY]],
  ["sourceimages.create", "of a stream", [O, "picture.svg", STREAM]],
  ["sourceimages.create", "without an extension", [O, "picture", TEXT]],
  ["sourceimages.create", "with an unknown extension", [O, "picture.rokka", TEXT]],
  ["sourceimages.create", "with a quote and an umlaut", [O, 'a "bär" 100%.JPG', TEXT]],
  ["sourceimages.create", "with a path", [O, "folder/picture.gif", TEXT],
    quirk("the folder is cut off")],
  ["sourceimages.create", "with user metadata",
    [O, "picture.jpg", TEXT, { meta_user: { "int:id": 42, title: "Bär", "array:labels": ["a", "b"] } }],
    TWICE],
  ["sourceimages.create", "with all metadata",
    [O, "picture.jpg", TEXT, {
      meta_user: { foo: "bar" },
      meta_dynamic: { subject_area: { x: 1, y: 2, width: 3, height: 4 }, version: { text: "two" } },
      meta_static: { auto_description: { languages: ["de"], force: true } },
      options: { protected: true, visual_binaryhash: true },
    }],
    TWICE],
  ["sourceimages.create", "with metadata that are JSON already",
    [O, "picture.jpg", TEXT, { meta_user: '{"foo": "bar"}' }], TWICE],
  ["sourceimages.create", "optimized", [O, "picture.tif", TEXT, null, { optimize_source: true }]],
  ["sourceimages.create", "optimized as JPEG",
    [O, "picture.tif", TEXT, { meta_user: { foo: "bar" } }, { optimize_source: "jpg" }],
    quirk("the option is JSON, with quotes; the metadata are encoded twice")],
  ["sourceimages.createByUrl", "", [O, "https://example.org/a picture.jpg?x=1&y=ü"]],
  ["sourceimages.createByUrl", "at a time", [O, "https://example.org/film.mp4@00:00:22"]],
  ["sourceimages.createByUrl", "with metadata",
    [O, "https://example.org/a.jpg", {
      meta_user: { "int:id": 42 },
      meta_dynamic: { crop_area: { x: 0, y: 0, width: 10, height: 20 } },
      options: { protected: true },
    }]],
  ["sourceimages.createByUrl", "optimized as JPEG",
    [O, "https://example.org/a.tif", null, { optimize_source: "jpg" }]],
  ["sourceimages.createByUrl", "optimized", [O, "https://example.org/a.tif", null, { optimize_source: true }],
    quirk("a boolean throws")],
];

const AREA = { x: 100, y: 0, width: 50, height: 40 };
const previous = (method, ...rest) => [
  [method, "", [O, HASH, ...rest]],
  [method, "with deletePrevious", [O, HASH, ...rest, { deletePrevious: true }]],
  [method, "without deletePrevious", [O, HASH, ...rest, { deletePrevious: false }]],
];

const METADATA = [
  ...previous("sourceimages.setSubjectArea", AREA),
  ...previous("sourceimages.removeSubjectArea"),
  ...previous("sourceimages.addDynamicMetaData", "crop_area", { ...AREA, percentage: true }),
  ["sourceimages.addDynamicMetaData", "with keepHash",
    [O, HASH, "version", { text: "zwölf" }, { keepHash: true }]],
  ["sourceimages.addDynamicMetaData", "with several areas",
    [O, HASH, "multi_areas", { face_1: { subject_area: { x: 1, y: 2 } }, All: { crop_area: AREA } }]],
  ["sourceimages.addDynamicMetaData", "without content", [O, HASH, "detection_face", {}]],
  ...previous("sourceimages.deleteDynamicMetaData", "crop_area").map(([method, special, rest]) =>
    [method, special, rest, quirk("deletePrevious goes into the body instead of the query")]),
  ["sourceimages.meta.get", "", [O, HASH]],
  ["sourceimages.meta.set", "to text", [O, HASH, "title", 'a "bär"'], RAW],
  ["sourceimages.meta.set", "to digits", [O, HASH, "title", "42"], RAW],
  ["sourceimages.meta.set", "to a number", [O, HASH, "int:id", 42]],
  ["sourceimages.meta.set", "to a list", [O, HASH, "array:labels", ["tree", "bär"]]],
  ["sourceimages.meta.set", "to a boolean", [O, HASH, "is_old", true]],
  ["sourceimages.meta.set", "to null", [O, HASH, "title", null], quirk("the body is empty")],
  ["sourceimages.meta.add", "", [O, HASH, { title: "Bär", "int:id": 42, "array:labels": ["a"] }]],
  ["sourceimages.meta.add", "with a field to delete", [O, HASH, { title: null, "latlon:place": "47.38,8.52" }]],
  ["sourceimages.meta.replace", "", [O, HASH, { "date:taken": "2020-01-01T00:00:00Z", "double:x": 0.5 }]],
  ["sourceimages.meta.replace", "with nothing", [O, HASH, {}]],
  ["sourceimages.meta.delete", "", [O, HASH]],
  ["sourceimages.meta.delete", "of a field", [O, HASH, "title"]],
  ["sourceimages.meta.delete", "of a typed field", [O, HASH, "int:id"]],
  ["sourceimages.alias.create", "", [O, "logo_1", { hash: HASH }]],
  ["sourceimages.alias.create", "with overwrite", [O, "logo_1", { hash: HASH }, { overwrite: true }]],
  ["sourceimages.alias.create", "without overwrite", [O, "logo_1", { hash: HASH }, { overwrite: false }]],
  ["sourceimages.alias.get", "", [O, "logo_1"]],
  ["sourceimages.alias.delete", "", [O, "logo_1"]],
  ["sourceimages.alias.invalidateCache", "", [O, "logo_1"]],
];

const OPERATIONS = [{ name: "resize", options: { width: 100, height: 50 } }];
const STACK = {
  description: "for the Bär",
  operations: [{ name: "resize", options: { mode: "fill" }, expressions: { width: "$w", height: "$h" } }],
  options: { autoformat: true, "jpg.quality": 60 },
  variables: { w: 500, h: "$w / 2" },
  expressions: [
    { expression: "options.dpr >= 2", overrides: { options: { "optim.quality": 2 }, variables: { w: 400 } } },
  ],
};

const STACKS = [
  ["stacks.list", "", [O]],
  ["stacks.list", "with limit and offset", [O, 10, "a+cursor="]],
  ["stacks.list", "with limit 0", [O, 0]],
  ["stacks.get", "", [O, "small-1_a"]],
  ["stacks.create", "", [O, "small", STACK]],
  ["stacks.create", "of nothing", [O, "small", {}]],
  ["stacks.create", "with overwrite", [O, "small", { operations: OPERATIONS }, { overwrite: true }]],
  ["stacks.create", "without overwrite", [O, "small", { operations: OPERATIONS }, { overwrite: false }]],
  ["stacks.create", "in the old form", [O, "small", OPERATIONS, { "jpg.quality": 60 }]],
  ["stacks.create", "in the old form with overwrite", [O, "small", OPERATIONS, {}, true]],
  ["stacks.delete", "", [O, "small"]],
  ["stacks.invalidateCache", "", [O, "small"]],
  ["stackoptions.get", "", []],
  ["operations.list", "", []],
];

const ACCOUNTS = [
  ["organizations.get", "", [O]],
  ["organizations.create", "", [O, EMAIL, "Acme & Bär"]],
  ["organizations.setOption", "on", [O, "protect_dynamic_stack", true]],
  ["organizations.setOption", "off", [O, "protect_dynamic_stack", false]],
  ["organizations.setOption", "to text", [O, "remote_basepath", "https://example.org/"], RAW],
  ["organizations.setOptions", "",
    [O, { remote_fullurl_allow: true, remote_fullurl_whitelist: ["^https://example\\.org/"] }]],
  ["memberships.create", "", [O, USER, ["read", "sourceimages:write"]]],
  ["memberships.create", "with one role", [O, USER, "admin"]],
  ["memberships.create", "with a comment", [O, USER, ["upload"], "for the Bär"]],
  ["memberships.create", "with a null comment", [O, USER, ["upload"], null]],
  ["memberships.create", "with a role it does not know", [O, USER, ["billing:read"]],
    quirk("the request is made, and beside it a promise rejected that nobody holds")],
  ["memberships.createWithNewUser", "", [O, ["write"]]],
  ["memberships.createWithNewUser", "with a comment", [O, ["read", "upload"], "robot"]],
  ["memberships.list", "", [O]],
  ["memberships.get", "", [O, USER]],
  ["memberships.delete", "", [O, USER]],
  ["users.create", "", [EMAIL]],
  ["users.create", "with an organization", [EMAIL, O]],
  ["users.getId", "", []],
  ["user.getId", "", []],
  ["user.get", "", []],
  ["user.listApiKeys", "", []],
  ["user.addApiKey", "", []],
  ["user.addApiKey", "with a comment", ["for the Bär"]],
  ["user.deleteApiKey", "", [USER]],
  ["user.getCurrentApiKey", "", []],
  ["user.getNewToken", "", []],
  ["user.getNewToken", "for a key", [NEW_KEY]],
  ["user.getNewToken", "with options", [API_KEY, { expires_in: 600, renewable: true, ips: "request_ip,10.0.0.0/24" }]],
  ["user.getNewToken", "without protection", [API_KEY, { no_ip_protection: true, renewable: false }]],
  ["user.getNewToken", "for a token", [null, { expires_in: 600 }], { given: "token" }],
];

const REST = [
  ["utils.signUrl", "", [O, "https://acme.rokka.io/small/063c3d/bär.jpg?v=%7B%22a%22%3A1%7D"]],
  ["utils.signUrl", "rounded", [O, "https://acme.rokka.io/small/063c3d.jpg", { roundDateUpTo: 600 }]],
  ["stats.get", "", [O], quirk("parameters without a value")],
  ["stats.get", "from a day", [O, "2020-01-01"], quirk("a parameter without a value")],
  ["stats.get", "with a period", [O, "2020-01-01", "2020-01-31"]],
  ["billing.get", "", [O]],
  ["billing.get", "with a period", [O, "2020-01", "2020-02"]],
  ["render.imagesByAlbum", "", [O, "Sommer"]],
  ["render.imagesByAlbum", "with favorites", [O, "Sommer", { favorites: true }]],
  ["render.imagesByAlbum", "with a space and an umlaut", [O, "Im Frühling"]],
  ["request", "", [`sourceimages/${O}/${HASH}`]],
  ["request", "with a body", [`stacks/${O}/small`, "PUT", { operations: OPERATIONS }]],
];

export const CASES = [
  ...SOURCE_IMAGES, ...CREATE, ...METADATA, ...STACKS, ...ACCOUNTS, ...REST,
];

// The methods that make no request.
export const LOCAL = [
  "expressions.default",
  ...["autorotate", "blur", "composition", "crop", "dropshadow", "noop", "resize", "rotate", "trim"]
    .map((name) => `operations.${name}`),
  ...["addStackVariables", "getUrl", "getUrlComponents", "getUrlFromUrl", "signUrl", "signUrlWithOptions"]
    .map((name) => `render.${name}`),
  ...["getToken", "getTokenIsValidFor", "isTokenExpiring", "setToken"].map((name) => `user.${name}`),
];
