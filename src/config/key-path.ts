// The place of a key in the configuration, and the one way to write it for people.

/** Keys and list indexes from the root. */
export type KeyPath = readonly (string | number)[];

/** `["a", 0, "bC"]` is written `a[0].bC`. */
export function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: KeyPath, ancestor: KeyPath): boolean {
  return ancestor.length <= path.length && ancestor.every((part, index) => part === path[index]);
}
