// A list read to its end.
import { describe, expect, it } from "vitest";
import { allPages } from "../../../../src/cli/access/all-pages.ts";

describe("a list", () => {
  it.each([0, 1, 999, 1000, 1001, 2500])(
    "of %i entries is read to its end, in order, each once",
    async (count) => {
      const names = Array.from({ length: count }, (_, index) => String(index).padStart(5, "0"));
      const asked: (string | undefined)[] = [];
      const all = await allPages(
        async ({ limit, after }) => {
          asked.push(after);
          const rest = names.filter((name) => after === undefined || name > after);
          return { entries: rest.slice(0, limit), more: rest.length > limit };
        },
        (name) => name,
      );
      expect(all).toEqual(names);
      expect(asked).toHaveLength(Math.max(1, Math.ceil(count / 1000)));
    },
  );
});
