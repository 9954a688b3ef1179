// Documents as text and as JSON: what people see, and that nothing in it steers their terminal.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "../../../../src/cli/output/document.ts";
import { jsonText } from "../../../../src/cli/output/json-text.ts";
import { summary } from "../../../../src/cli/output/summary.ts";
import { fields, table } from "../../../../src/cli/output/table.ts";

const time = new Date("2026-11-21T12:34:56Z");

describe("a table", () => {
  it("has columns with headings, aligned, in UTC, and no space at the ends of lines", () => {
    const text = table(
      ["name", "isOpen", "createdAt", "actions", "note"],
      [
        { name: "a", isOpen: true, createdAt: time, actions: ["pull", "push"], note: "" },
        { name: "longer", isOpen: false, createdAt: undefined, actions: [], note: "said", hidden: 1 },
      ],
    );
    expect(text).toBe(
      [
        "NAME    IS OPEN  CREATED AT         ACTIONS     NOTE",
        "a       yes      2026-11-21 12:34Z  pull, push  -",
        "longer  no       -                  -           said",
        "",
      ].join("\n"),
    );
  });

  it("of nothing has its headings alone", () => {
    expect(table(["name", "createdAt"], [])).toBe("NAME  CREATED AT\n");
  });
});

describe("a record", () => {
  it("lists its fields, and its tables below", () => {
    const text = fields({
      name: "jane",
      roles: [
        { project: "team", role: "guest" },
        { project: "x", role: "developer" },
      ],
      groups: ["web", "ops"],
      tokens: [],
    });
    expect(text).toBe(
      [
        "name:    jane",
        "groups:  web, ops",
        "tokens:  -",
        "roles:",
        "  PROJECT  ROLE",
        "  team     guest",
        "  x        developer",
        "",
      ].join("\n"),
    );
  });
});

describe("JSON", () => {
  it("has null for what is not there, and times in ISO 8601", () => {
    expect(JSON.parse(jsonText([{ a: undefined, b: time, c: ["x"], d: false }]))).toEqual([
      { a: null, b: "2026-11-21T12:34:56.000Z", c: ["x"], d: false },
    ]);
  });
});

/** C0, DEL, C1; marks that turn the direction of writing; separators that break lines. */
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe("text of strangers", () => {
  it.each(["\u001b[2J", "\u009b2J", "a\nb", "\u202egpj.exe", "\u2028", "\u0007", "\u007f"])(
    "such as %j can't steer a terminal",
    (hostile) => {
      const document: Document = { name: hostile, list: [hostile], rows: [{ cell: hostile }] };
      expect(table(["name", "list", "rows"], [document])).not.toMatch(steering);
      expect(table(["name"], [document]).split("\n")).toHaveLength(3);
      expect(fields(document)).not.toMatch(steering);
      expect(jsonText(document)).not.toMatch(steering);
    },
  );

  it("never does, and comes back from JSON as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(table(["name"], [{ name: text }])).not.toMatch(steering);
        expect(jsonText({ name: text })).not.toMatch(steering);
        expect(JSON.parse(jsonText({ name: text }))).toEqual({ name: text });
      }),
    );
  });
});

describe("a summary", () => {
  it("says what was asked for in the words of the API, and leaves out what was not", () => {
    expect(
      summary({ systemAdmin: true, description: "Jane, web", actions: ["pull"], disabled: undefined }),
    ).toBe('systemAdmin: true, description: Jane, web, actions: ["pull"]');
    expect(summary({ expiresAt: time })).toBe("expiresAt: 2026-11-21T12:34:56.000Z");
  });
});
