// Sources laid over each other, with a small schema: who wins, and how each fault is told.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError } from "../../../src/config/config-error.ts";
import { oneOf } from "../../../src/config/one-of.ts";
import { readSettings } from "../../../src/config/read-settings.ts";
import type { FlagText } from "../../../src/config/read-settings.ts";
import { secret } from "../../../src/config/secret.ts";

const schema = z.strictObject({
  size: z.int().min(1).max(9).prefault(5),
  level: z.enum(["low", "high"]).prefault("low"),
  password: secret(z.string().min(8)).optional(),
  pin: secret(z.enum(["1234", "4321"])).optional(),
  place: z.strictObject({ street: z.string().optional(), houseNumber: z.int().optional() }).prefault({}),
  mirrors: z.array(z.strictObject({ url: z.string(), cold: z.boolean().prefault(false) })).prefault([]),
  store: oneOf({
    disk: z.strictObject({ folder: z.string().optional() }),
    memory: z.strictObject({}),
  }).prefault({
    disk: {},
  }),
  login: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({ kind: z.literal("file"), path: z.string() }),
    ])
    .prefault({ kind: "none" }),
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-config-"));
  file = join(folder, "berth.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(yaml: string, environment: Record<string, string> = {}, flags: FlagText[] = []) {
  writeFileSync(file, yaml);
  return readSettings(schema, { file, environment, flags });
}

/** The problems' lines, with the name of the file shortened. */
function problemsOf(
  yaml: string,
  environment: Record<string, string> = {},
  flags: FlagText[] = [],
): string[] {
  try {
    read(yaml, environment, flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split("\n")
      .slice(1, -1)
      .map((line) => line.trim().replaceAll(file, "FILE"));
  }
  return [];
}

const sizeFlag = (text: string): FlagText => ({ flag: "--size", path: ["size"], text });

describe("precedence", () => {
  it("is default, then file, then environment, then flag", () => {
    expect(read("").settings.size).toBe(5);
    expect(read("size: 6").settings.size).toBe(6);
    expect(read("size: 6", { BERTH_SIZE: "7" }).settings.size).toBe(7);
    expect(read("size: 6", { BERTH_SIZE: "7" }, [sizeFlag("8")]).settings.size).toBe(8);
  });

  it("is by key: the other keys of a section stay", () => {
    const { settings } = read("place: {street: A, houseNumber: 1}", { BERTH_PLACE_HOUSE_NUMBER: "2" });
    expect(settings.place).toEqual({ street: "A", houseNumber: 2 });
  });

  it("lets a whole section from the environment replace the file's", () => {
    expect(read("place: {street: A}", { BERTH_PLACE: "{houseNumber: 2}" }).settings.place).toEqual({
      houseNumber: 2,
    });
    expect(read("store: {disk: {}}", { BERTH_STORE: "{memory: {}}" }).settings.store).toEqual({ memory: {} });
  });

  it("lets a variable change or add one entry of the file's list", () => {
    const { settings } = read("mirrors: [{url: a}, {url: b}]", {
      BERTH_MIRRORS_1_URL: "c",
      BERTH_MIRRORS_2_URL: "d",
    });
    expect(settings.mirrors.map(({ url }) => url)).toEqual(["a", "c", "d"]);
  });

  it("is remembered: each value knows who gave it", () => {
    const { sourceOf } = read("size: 6\nlevel: low", { BERTH_LEVEL: "high" }, [sizeFlag("8")]);
    expect(sourceOf(["size"])).toBe("--size");
    expect(sourceOf(["level"])).toBe("environment variable BERTH_LEVEL");
    expect(sourceOf(["place"])).toBeUndefined();
    expect(read("level: low").sourceOf(["level"])).toBe(`${file}:1:1`);
  });
});

describe("the file", () => {
  it.each([
    ["nothing at all", ""],
    ["only comments", "# size: 6\n"],
    ["a section without keys", "place:\n"],
  ])("may hold %s", (_, yaml) => {
    expect(read(yaml).settings).toMatchObject({ size: 5, place: {} });
  });

  it("may be JSON, and may use anchors", () => {
    expect(read('{"size": 6}').settings.size).toBe(6);
    expect(read("mirrors: [&a {url: x}, *a]").settings.mirrors).toHaveLength(2);
  });

  it("may choose a kind without options", () => {
    expect(read("store:\n  memory:\n").settings.store).toEqual({ memory: {} });
  });

  it("is named with its giver when it cannot be read", () => {
    const sources = { environment: { BERTH_CONFIG: join(folder, "none.yaml") }, flags: [] };
    expect(() => readSettings(schema, sources)).toThrow(
      /none\.yaml, given by BERTH_CONFIG: there is no such file/,
    );
    expect(() => readSettings(schema, { ...sources, file: folder })).toThrow(
      /given by --config: it is a directory/,
    );
  });

  it("given by option comes before the one in BERTH_CONFIG", () => {
    writeFileSync(file, "size: 6");
    const other = join(folder, "other.yaml");
    writeFileSync(other, "size: 7");
    const sources = { environment: { BERTH_CONFIG: other }, flags: [] };
    expect(readSettings(schema, sources).settings.size).toBe(7);
    expect(readSettings(schema, { ...sources, file }).settings.size).toBe(6);
  });
});

describe("each fault is told with its key and its place", () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    ["unknown key", "sise: 6", {}, ["sise: there is no such key; did you mean size? (FILE:1:1)"]],
    [
      "unknown key in a section",
      "size: 6\nplace:\n  street: A\n  housenumber: 2\n",
      {},
      ["place.housenumber: there is no such key; did you mean place.houseNumber? (FILE:4:3)"],
    ],
    [
      "key in the wrong section",
      "street: A",
      {},
      ["street: there is no such key here; did you mean place.street? (FILE:1:1)"],
    ],
    [
      "key like no other",
      "place: {replication: 1}",
      {},
      ["place.replication: there is no such key; known here: street, houseNumber (FILE:1:9)"],
    ],
    [
      "unknown key in a list",
      "mirrors:\n  - url: a\n    clod: true",
      {},
      ["mirrors[0].clod: there is no such key; did you mean mirrors[0].cold? (FILE:3:5)"],
    ],
    [
      "missing key in a list",
      "mirrors:\n  - cold: true",
      {},
      ["mirrors[0].url: is missing and has no default (FILE:2:5)"],
    ],
    ["wrong type", "size: big", {}, ['size: must be a number, not "big" (FILE:1:1)']],
    ["fraction", "size: 1.5", {}, ["size: must be a whole number, not 1.5 (FILE:1:1)"]],
    ["too big", "size: 10", {}, ["size: must be at most 9, not 10 (FILE:1:1)"]],
    [
      "too small",
      "",
      { BERTH_SIZE: "0" },
      ["size: must be at least 1, not 0 (environment variable BERTH_SIZE)"],
    ],
    ["no value", "size:", {}, ["size: has no value; give it one or remove the key (FILE:1:1)"]],
    ["no value for a choice", "level:", {}, ["level: has no value; it must be one of low, high (FILE:1:1)"]],
    [
      "wrong choice",
      "level: hihg",
      {},
      ['level: must be one of low, high, not "hihg"; did you mean high? (FILE:1:1)'],
    ],
    [
      "list for a section",
      "place: [1]",
      {},
      ["place: must be a section with keys of its own, not a list (FILE:1:1)"],
    ],
    ["section for a list", "mirrors: {url: a}", {}, ["mirrors: must be a list, not a section (FILE:1:1)"]],
    [
      "scalar for a section",
      "place: 1",
      { BERTH_PLACE_STREET: "A" },
      [
        "place: must be a section with keys of its own, not 1 (FILE:1:1, environment variable BERTH_PLACE_STREET)",
      ],
    ],
    [
      "two kinds",
      "store: {disk: {}, memory: {}}",
      {},
      ["store: must have exactly one of the keys disk, memory (FILE:1:1)"],
    ],
    [
      "two kinds from two sources",
      "store: {disk: {}}",
      { BERTH_STORE_MEMORY: "{}" },
      [
        "store: must have exactly one of the keys disk, memory (FILE:1:1, environment variable BERTH_STORE_MEMORY)",
      ],
    ],
    ["no kind", "store: {}", {}, ["store: must have exactly one of the keys disk, memory (FILE:1:1)"]],
    [
      "hole in a list",
      "mirrors: [{url: a}]",
      { BERTH_MIRRORS_2_URL: "c" },
      [
        "mirrors[2].url: leaves a hole in the list: mirrors[1] is not given (environment variable BERTH_MIRRORS_2_URL)",
      ],
    ],
    [
      "alternative that is none",
      "login: {kind: ldap}",
      {},
      ["login.kind: has none of the forms that are allowed here (FILE:1:9)"],
    ],
    [
      "alternative that lacks a key",
      "login: {kind: file}",
      {},
      ["login.path: is missing and has no default (FILE:1:1)"],
    ],
    [
      "prototype as a key",
      "__proto__: {size: 6}",
      {},
      [
        "__proto__: there is no such key; known here: size, level, password, pin, place, mirrors, store, login (FILE:1:1)",
      ],
    ],
    ["the same key twice", "size: 1\nsize: 2", {}, ["Map keys must be unique (FILE:2:1)"]],
    [
      "alias to nothing",
      "size: *x",
      {},
      ["Unresolved alias (the anchor must be set before the alias): x (FILE)"],
    ],
    ["alias without an end", "size: &a [*a]", {}, ["an alias stands inside of what it names (FILE)"]],
    ["no keys", "- size", {}, ["must consist of keys, such as `data: ./data` (FILE)"]],
  ])("%s", (_, yaml, environment, expected) => {
    expect(problemsOf(yaml, environment)).toEqual(expected);
  });

  it("names the option", () => {
    expect(problemsOf("", {}, [sizeFlag("x")])).toEqual(["size: must be a number, in digits (--size)"]);
    expect(problemsOf("", {}, [sizeFlag("99")])).toEqual(["size: must be at most 9, not 99 (--size)"]);
  });

  it("gives line and column of broken YAML", () => {
    expect(problemsOf("size: 1\nplace: {street\n")[0]).toMatch(/\(FILE:\d+:\d+\)$/);
  });

  it("lists all faults of all sources at once", () => {
    const problems = problemsOf("sise: 1\nlevel: x\n", { BERTH_SISE: "1", BERTH_PLACE_HOUSE_NUMBER: "x" }, [
      sizeFlag("0"),
    ]);
    expect(problems.map((line) => line.replace(/:.*/, "")).sort()).toEqual(
      ["BERTH_SISE", "level", "place.houseNumber", "sise", "size"].sort(),
    );
  });

  it("never shows a secret", () => {
    const lines = problemsOf("password: tiny\npin: geheim\n").join("\n");
    expect(lines).toMatch(/password: must be at least 8 characters long/);
    expect(lines).toMatch(/pin: must be one of 1234, 4321 /);
    expect(lines).not.toMatch(/tiny|geheim/);
  });
});
