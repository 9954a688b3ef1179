// Names of environment variables: derived from the path, unambiguous over the whole schema, and strict about strangers.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { environmentName, isForeign, pathsNamed, readEnvironment } from "../../../src/config/environment.ts";
import { formatKeyPath } from "../../../src/config/key-path.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { everyPath, nodeOf } from "../../../src/config/schema-node.ts";

const small = z.strictObject({
  name: z.string().optional(),
  limitBytes: z.int().optional(),
  on: z.boolean().optional(),
  mirrors: z.array(z.strictObject({ url: z.string(), hostNames: z.array(z.string()).optional() })).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  kind: z
    .union([
      z.strictObject({ file: z.string() }),
      z.strictObject({ bucket: z.strictObject({ partBytes: z.int() }) }),
    ])
    .optional(),
  port: z.union([z.int(), z.string()]).optional(),
});

const read = (environment: Record<string, string>) => readEnvironment(nodeOf(small), environment);
const valuesOf = (environment: Record<string, string>) =>
  read(environment).settings.map(({ path, value }) => [formatKeyPath(path), value]);

describe("the name of a variable", () => {
  it.each([
    [["http", "drainSeconds"], "BERTH_HTTP_DRAIN_SECONDS"],
    [["auth", "mode"], "BERTH_AUTH_MODE"],
    [["x", 0, "y"], "BERTH_X_0_Y"],
    [["storage", "s3", "partBytes"], "BERTH_STORAGE_S3_PART_BYTES"],
    [["publicURL"], "BERTH_PUBLIC_URL"],
  ])("of %j is %s", (path, name) => {
    expect(environmentName(path)).toBe(name);
  });

  const root = nodeOf(configSchema);
  it.each(everyPath(root).map((path) => [formatKeyPath(path), path]))(
    "of %s means that key alone",
    (_, path) => {
      const name = environmentName(path);
      expect(pathsNamed(root, name.slice("BERTH_".length))).toEqual([path]);
      expect(isForeign(name)).toBe(false);
    },
  );

  it("that two keys would share is noticed by that test", () => {
    const ambiguous = z.strictObject({
      a: z.strictObject({ bC: z.string() }),
      aB: z.strictObject({ c: z.string() }),
    });
    expect(pathsNamed(nodeOf(ambiguous), "A_B_C")).toHaveLength(2);
  });
});

describe("the value of a variable", () => {
  it.each([
    ["text stays as it is", { BERTH_NAME: "007" }, [["name", "007"]]],
    ["a number is read", { BERTH_LIMIT_BYTES: " 12 " }, [["limitBytes", 12]]],
    ["a boolean is read", { BERTH_ON: "false" }, [["on", false]]],
    ["a list in JSON is read", { BERTH_MIRRORS: '[{"url":"a"}]' }, [["mirrors", [{ url: "a" }]]]],
    [
      "a list in YAML is read",
      { BERTH_MIRRORS: "- url: a\n- url: b" },
      [["mirrors", [{ url: "a" }, { url: "b" }]]],
    ],
    ["an index reaches into a list", { BERTH_MIRRORS_0_URL: "a" }, [["mirrors[0].url", "a"]]],
    ["indexes nest", { BERTH_MIRRORS_1_HOST_NAMES_2: "h" }, [["mirrors[1].hostNames[2]", "h"]]],
    ["a section with free keys is read whole", { BERTH_LABELS: "{a: b}" }, [["labels", { a: "b" }]]],
    ["a key of one alternative", { BERTH_KIND_BUCKET_PART_BYTES: "5" }, [["kind.bucket.partBytes", 5]]],
    ["a number where text is possible too", { BERTH_PORT: "80" }, [["port", 80]]],
    ["text where a number is possible too", { BERTH_PORT: "http" }, [["port", "http"]]],
    ["an empty value counts as not given", { BERTH_NAME: "", BERTH_NONSENSE: "" }, []],
    ["what is not Berth's is left alone", { HOME: "/", BERTHA: "x" }, []],
  ])("%s", (_, environment, expected) => {
    expect(valuesOf(environment as Record<string, string>)).toEqual(expected);
    expect(read(environment as Record<string, string>).problems).toEqual([]);
  });

  it("that is broader comes before the narrower ones, whatever the order given", () => {
    const environment = { BERTH_MIRRORS_10_URL: "c", BERTH_MIRRORS_2_URL: "b", BERTH_MIRRORS: "[]" };
    expect(valuesOf(environment).map(([path]) => path)).toEqual([
      "mirrors",
      "mirrors[2].url",
      "mirrors[10].url",
    ]);
  });

  it.each([
    [{ BERTH_LIMIT_BYTES: "many" }, "limitBytes", /must be a number/],
    [{ BERTH_ON: "yes" }, "on", /must be true or false/],
    [{ BERTH_MIRRORS: "a,b" }, "mirrors", /must be a list written as YAML or JSON/],
    [{ BERTH_MIRRORS: "{a: b}" }, "mirrors", /must be a list/],
    [{ BERTH_LABELS: "[" }, "labels", /must be keys and values/],
  ])("%j is refused", (environment, where, what) => {
    const { problems } = read(environment);
    const source = `environment variable ${Object.keys(environment).join("")}`;
    expect(problems).toEqual([{ where, what: expect.stringMatching(what) as string, source }]);
  });
});

describe("a variable that sets nothing", () => {
  it.each([
    ["BERTH_LIMIT_BITES", "BERTH_LIMIT_BYTES"],
    ["BERTH_URL", "BERTH_MIRRORS_0_URL"],
    ["BERTH_MIRRORS_3_ULR", "BERTH_MIRRORS_3_URL"],
    ["BERTH_MIRRORS_X_URL", "BERTH_MIRRORS_0_URL"],
    ["BERTH_NAME_", "BERTH_NAME"],
  ])("%s is refused and %s named", (wrong, right) => {
    const { settings, problems } = read({ [wrong]: "1" });
    expect(settings).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ where: wrong, what: expect.stringContaining(`${right};`) as string });
  });

  it.each([
    ["BERTH_CONFIG", "berth.yaml"],
    ["BERTH_TEST_S3_ENDPOINT", "x"],
    ["BERTH_SERVICE_HOST", "10.0.0.1"],
    ["BERTH_SERVICE_PORT", "5000"],
    ["BERTH_SERVICE_PORT_HTTP", "5000"],
    ["BERTH_PORT_5000_TCP", "tcp://10.0.0.1:5000"],
    ["BERTH_PORT_5000_TCP_ADDR", "10.0.0.1"],
    ["BERTH_METRICS_SERVICE_HOST", "10.0.0.1"],
    ["BERTH_METRICS_PORT", "tcp://10.0.0.1:9090"],
  ])("%s is known to belong to others", (name, value) => {
    expect(readEnvironment(nodeOf(configSchema), { [name]: value })).toEqual({ settings: [], problems: [] });
  });

  it("is not excused by looking like a service link without being one", () => {
    const { problems } = readEnvironment(nodeOf(configSchema), { BERTH_HTTP_PORT: "5000" });
    expect(problems).toHaveLength(1);
  });
});
