// What `config print` shows: the effective configuration, fit to be a configuration file, and no secrets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../../src/config/load-config.ts";
import { hideSecrets, printConfig } from "../../../src/config/print-config.ts";
import { nodeOf } from "../../../src/config/schema-node.ts";
import { secret } from "../../../src/config/secret.ts";

describe("the printed configuration", () => {
  const config = loadConfig({
    env: {
      BERTH_HTTP_LISTEN: "[::1]:8080",
      BERTH_HTTP_PUBLIC_URL: "https://registry.example.com",
      BERTH_METRICS_LISTEN: ":9090",
      BERTH_AUTH_MODE: "open",
    },
  });

  it("loads to the same configuration again", () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-config-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "berth.yaml");
    writeFileSync(file, printConfig(config, "yaml"));
    const reason = expect.stringContaining(file) as string;
    expect(loadConfig({ file })).toEqual({ ...config, auth: { ...config.auth, mode: "open", reason } });
  });

  it("says the same as JSON", () => {
    expect(JSON.parse(printConfig(config, "json"))).toEqual(parse(printConfig(config, "yaml")));
  });
});

describe("a secret", () => {
  const schema = z.strictObject({
    user: z.string(),
    password: secret(z.string()).optional().describe("kept under wrappers"),
    token: secret(z.string().describe("kept under the mark")).prefault("x"),
    keys: secret(z.strictObject({ current: z.string() })).optional(),
    robots: z.array(z.strictObject({ name: z.string(), secret: secret(z.string()) })).optional(),
    remotes: z.record(z.string(), z.strictObject({ password: secret(z.string()) })).optional(),
    store: z
      .union([z.strictObject({ folder: z.string() }), z.strictObject({ key: secret(z.string()) })])
      .optional(),
  });
  const hide = (value: unknown) => hideSecrets(value, nodeOf(schema));

  it("is hidden wherever it stands", () => {
    const value = {
      user: "ann",
      password: "geheim",
      token: "geheim",
      keys: { current: "geheim" },
      robots: [{ name: "ci", secret: "geheim" }],
      remotes: { hub: { password: "geheim" } },
      store: { key: "geheim" },
    };
    expect(hide(value)).toEqual({
      user: "ann",
      password: "<hidden>",
      token: "<hidden>",
      keys: "<hidden>",
      robots: [{ name: "ci", secret: "<hidden>" }],
      remotes: { hub: { password: "<hidden>" } },
      store: { key: "<hidden>" },
    });
  });

  it("that is not set is not pretended to be", () => {
    expect(hide({ user: "ann", password: undefined })).toEqual({ user: "ann", password: undefined });
  });

  it("is marked in the JSON Schema, and keeps its description", () => {
    const { properties } = z.toJSONSchema(schema, { io: "input" });
    expect(properties).toMatchObject({
      token: { writeOnly: true, description: "kept under the mark" },
      password: { writeOnly: true, description: "kept under wrappers" },
    });
  });
});
