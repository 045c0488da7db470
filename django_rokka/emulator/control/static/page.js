// What comes from the emulator is written as text only, never as markup.

const INTERVAL = 2000;
const shown = {};
const chosen = { organization: "", stack: "", image: "" };
let images = [];
let stacks = [];
let previewAddress = "";

const get = (id) => document.getElementById(id);

function make(tag, { text, children = [], ...attributes } = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

// Draws a part again only when its data changed, so that focus and selection stay.
function draw(name, data, drawPart) {
  const text = JSON.stringify(data);
  if (shown[name] === text) return;
  shown[name] = text;
  drawPart(data);
}

function fill(id, elements, emptyId) {
  const focused = document.activeElement?.dataset.key;
  const list = get(id);
  list.replaceChildren(...elements);
  if (emptyId) get(emptyId).hidden = elements.length > 0;
  if (focused) {
    const again = [...list.querySelectorAll("[data-key]")].find((it) => it.dataset.key === focused);
    again?.focus({ preventScroll: true });
  }
}

function inBytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const encode = encodeURIComponent;

function drawFigures({ total, stats, clock }) {
  const moved = clock.moved_by ? ` (moved)` : "";
  const figures = [
    ["Images", total],
    ["Requests", stats.requests.total],
    ["Renders", stats.renders],
    ["From the cache", stats.cache_hits],
    ["Connections", stats.connections.open],
    ["Received", inBytes(stats.bytes.in)],
    ["Sent", inBytes(stats.bytes.out)],
    [`Clock, UTC${moved}`, clock.now.slice(11, 16)],
  ];
  get("figures").replaceChildren(
    ...figures.map(([name, value]) =>
      make("div", { children: [make("dt", { text: name }), make("dd", { text: value })] }),
    ),
  );
}

function drawAddresses(organization) {
  const rows = [
    ["API", location.origin],
    ["Pictures", `${location.origin}/render/${organization}/{stack}/{hash}.{format}`],
    ["or by host", `${location.protocol}//${organization}.localhost${location.port && `:${location.port}`}`],
    ["For tests", "/_emulator/faults, /_emulator/clock, /_emulator/stats, /_emulator/requests"],
  ];
  get("addresses").replaceChildren(
    ...rows.map(([name, value]) =>
      make("div", {
        children: [
          make("dt", { text: name }),
          make("dd", { children: [make("code", { text: value })] }),
        ],
      }),
    ),
  );
  get("first-upload").textContent =
    `curl -H "Api-Key: $KEY" -F filedata=@picture.jpg ${location.origin}/sourceimages/${organization}`;
}

function makePicture(organization, image) {
  if (image.protected) {
    return make("span", { class: "picture plain", text: "Protected" });
  }
  const picture = make("span", { class: image.opaque ? "picture" : "picture transparent" });
  const source = `/_emulator/thumbnails/${encode(organization)}/${encode(image.hash)}`;
  const thumbnail = make("img", { loading: "lazy", decoding: "async", alt: "", src: source });
  thumbnail.addEventListener("error", () => {
    picture.className = "picture plain";
    picture.replaceChildren(make("span", { class: "kind", text: image.format }));
  });
  picture.append(thumbnail);
  return picture;
}

function makeTile(organization, image) {
  const size = image.width ? `${image.width} × ${image.height} · ` : "";
  const tile = make("button", {
    class: "tile",
    type: "button",
    title: image.name,
    "data-key": `image-${image.hash}`,
    "aria-pressed": image.hash === chosen.image,
    children: [
      makePicture(organization, image),
      make("span", { class: "name", text: image.name }),
      make("span", { class: "facts", text: `${size}${image.format} · ${inBytes(image.size)}` }),
    ],
  });
  tile.addEventListener("click", () => {
    choose({ image: image.hash });
    get("workbench").scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  return make("li", { children: [tile] });
}

function drawImages({ organization, images: found }) {
  images = found;
  if (!images.some((image) => image.hash === chosen.image)) {
    chosen.image = (images.find((image) => !image.protected) ?? images[0])?.hash ?? "";
  }
  fill("images", images.map((image) => makeTile(organization, image)), "no-images");
  get("preview-image").replaceChildren(
    ...images.map((image) =>
      make("option", { value: image.hash, text: `${image.name} (${image.short_hash})` }),
    ),
  );
}

function drawStacks({ stacks: found }) {
  stacks = found;
  if (!stacks.some((stack) => stack.name === chosen.stack)) chosen.stack = stacks[0]?.name ?? "";
  const elements = stacks.map((stack) => {
    const steps = stack.operations.join(" → ") || "as it is";
    const button = make("button", {
      type: "button",
      "data-key": `stack-${stack.name}`,
      "aria-pressed": stack.name === chosen.stack,
      text: stack.name,
      children: [],
    });
    if (stack.protected) button.append(make("span", { class: "badge", text: "protected" }));
    button.append(make("small", { text: stack.description || steps }));
    button.addEventListener("click", () => choose({ stack: stack.name }));
    return make("li", { children: [button] });
  });
  fill("stacks", elements, "no-stacks");
  get("workbench").hidden = stacks.length === 0;
  get("stack-count").textContent = stacks.length || "";
}

function choose(changes) {
  Object.assign(chosen, changes);
  for (const [kind, value] of [["image", chosen.image], ["stack", chosen.stack]]) {
    for (const button of document.querySelectorAll(`[data-key^="${kind}-"]`)) {
      button.setAttribute("aria-pressed", button.dataset.key === `${kind}-${value}`);
    }
  }
  drawPreview();
}

async function drawPreview() {
  const image = images.find((it) => it.hash === chosen.image);
  const stack = stacks.find((it) => it.name === chosen.stack);
  if (!image || !stack) return;
  get("preview-image").value = image.hash;
  const path = `/render/${encode(chosen.organization)}/${encode(stack.name)}/${image.short_hash}`;
  const address = `${location.origin}${path}.${get("preview-format").value}`;
  get("preview-url").value = address;
  previewAddress = address;
  if (image.protected || stack.protected) {
    showPreview("", "Protected: the URL has to be signed, with POST /utils/{organization}/sign_url.");
    return;
  }
  try {
    // The browser would keep the picture for a year, also when the stack has changed.
    const headers = { Accept: "image/avif,image/webp,image/*,*/*;q=0.8" };
    const answer = await fetch(address, { cache: "reload", headers });
    const content = await (answer.ok ? answer.blob() : answer.text());
    if (previewAddress !== address) return;
    if (answer.ok) {
      showPreview(URL.createObjectURL(content), `${content.type} · ${inBytes(content.size)}`);
    } else {
      showPreview("", `${answer.status}: ${readMessage(content)}`);
    }
  } catch (error) {
    showPreview("", `No answer: ${error.message}`);
  }
}

function readMessage(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 300);
  }
}

function showPreview(source, note) {
  const preview = get("preview");
  if (preview.src.startsWith("blob:")) URL.revokeObjectURL(preview.src);
  preview.hidden = !source;
  preview.onload = () => {
    get("preview-note").textContent = `${preview.naturalWidth} × ${preview.naturalHeight} · ${note}`;
  };
  preview.removeAttribute("src");
  if (source) preview.src = source;
  preview.alt = source ? `The chosen image through the stack ${chosen.stack}` : "";
  get("preview-note").textContent = note;
}

function drawRequests(requests) {
  const rows = requests.map((asked) => {
    const kind = !asked.status || asked.status >= 500 ? "bad" : asked.status >= 400 ? "odd" : "good";
    const path = make("td", { class: "path", text: asked.path });
    if (asked.has_fault) path.append(make("span", { class: "badge", text: "fault" }));
    return make("tr", {
      children: [
        make("td", { text: asked.time.slice(11, 19) }),
        make("td", { text: asked.method }),
        path,
        make("td", { class: kind, text: asked.status ?? "broken" }),
        make("td", { class: "number", text: asked.milliseconds }),
      ],
    });
  });
  fill("requests", rows, "no-requests");
  get("request-table").hidden = rows.length === 0;
  get("request-count").textContent = requests.length || "";
}

function drawFaults(faults) {
  const quiet = new Set(["method", "path", "times", "struck", "seed", "headers", "body"]);
  const rows = faults.map((fault) => {
    const effects = Object.entries(fault)
      .filter(([name, value]) => !quiet.has(name) && value !== null && value !== 0)
      .filter(([name, value]) => name !== "probability" || value < 1)
      .map(([name, value]) => `${name} ${value}`);
    const left = fault.times === null ? "for ever" : `${fault.times} left`;
    const request = `${fault.method} ${fault.path || "everything"}`;
    return make("li", {
      children: [
        make("code", { text: request }),
        make("div", {
          class: "quiet",
          text: [...effects, `struck ${fault.struck}`, left].join(" · "),
        }),
      ],
    });
  });
  fill("faults", rows, "no-faults");
  get("fault-count").textContent = faults.length || "";
}

function drawBudgets(budgets) {
  const rows = budgets.map(({ kind, spent, per_hour: limit }) =>
    make("li", {
      class: "split",
      children: [
        make("span", { text: kind.replace("_", " ") }),
        make("span", { class: spent < limit ? "quiet" : "bad", text: `${spent} of ${limit}` }),
      ],
    }),
  );
  fill("budgets", rows);
}

function drawOrganizations({ organization, organizations }) {
  const options = organizations.map((name) => make("option", { value: name, text: name }));
  get("organization").replaceChildren(...options);
  get("organization").value = organization;
  drawAddresses(organization);
}

function drawAll(data) {
  chosen.organization = data.organization;
  const { organization, organizations, total, images: found, stats, clock } = data;
  const minute = { ...clock, now: clock.now.slice(0, 16) };
  const before = `${shown.images} ${shown.stacks}`;
  draw("organizations", { organization, organizations }, drawOrganizations);
  draw("figures", { total, stats, clock: minute }, drawFigures);
  draw("images", { organization, images: found }, drawImages);
  draw("stacks", { organization, stacks: data.stacks }, drawStacks);
  draw("requests", data.requests, drawRequests);
  draw("faults", data.faults, drawFaults);
  draw("budgets", data.budgets, drawBudgets);
  get("total").textContent = total > found.length ? `${found.length} of ${total}` : total || "";
  if (before !== `${shown.images} ${shown.stacks}`) drawPreview();
}

function say(trouble) {
  get("trouble").textContent = trouble;
  get("trouble").hidden = !trouble;
}

async function refresh() {
  const asked = chosen.organization;
  const query = asked ? `?organization=${encode(asked)}` : "";
  try {
    const answer = await fetch(`/_emulator/overview${query}`);
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.error?.message ?? data.message);
    // Another one was chosen in the meantime.
    if (chosen.organization === asked) drawAll(data);
    say("");
  } catch (error) {
    say(`The emulator does not answer (${error.message}). This page tries again.`);
  }
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(keepFresh, INTERVAL);
}

async function copyAddress() {
  const field = get("preview-url");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    get("copy").textContent = "Copied";
  } catch {
    get("copy").textContent = "Press Ctrl+C";
  }
  setTimeout(() => {
    get("copy").textContent = "Copy";
  }, 1500);
}

get("organization").addEventListener("change", (event) => {
  Object.assign(chosen, { organization: event.target.value, image: "", stack: "" });
  refresh();
});
get("preview-image").addEventListener("change", (event) => choose({ image: event.target.value }));
get("preview-format").addEventListener("change", drawPreview);
get("copy").addEventListener("click", copyAddress);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
keepFresh();
