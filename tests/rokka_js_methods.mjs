// Yield the name of each method of the official JavaScript client, such as "stacks.list".
export function* walk(object, prefix = "") {
  const names = new Set(Object.getOwnPropertyNames(object));
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype) Object.getOwnPropertyNames(prototype).forEach((name) => names.add(name));
  for (const name of names) {
    if (["constructor", "state", "_state"].includes(name)) continue;
    const member = object[name];
    if (typeof member === "function") yield prefix + name;
    else if (typeof member === "object" && member !== null) yield* walk(member, `${prefix}${name}.`);
  }
}
