import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openCredentialSource } from "../../../../src/remote/credentials/open-credential-source.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

const registry = new URL("https://registry.example:5000");
const hub = new URL("https://registry-1.docker.io");
const auth = Buffer.from("me:a:secret").toString("base64");
const mine = { kind: "password", username: "me", password: "a:secret" };

async function fileWith(content: string): Promise<string> {
  const path = join(await scratchDirectory(), "credentials.json");
  await writeFile(path, content);
  return path;
}

describe("a file of credentials", () => {
  const open = (path: string, url: URL) =>
    openCredentialSource({ kind: "file", path }, url, { now: Date.now });

  it.each<[string, URL, object, object]>([
    ["a user", registry, { username: "me", password: "a:secret" }, mine],
    ["docker's", registry, { auths: { "registry.example:5000": { auth } } }, mine],
    ["docker's, by URL", registry, { auths: { "https://registry.example:5000/v2/": { auth } } }, mine],
    ["docker's for Hub", hub, { auths: { "https://index.docker.io/v1/": { auth } } }, mine],
    [
      "docker's for Hub by its name",
      hub,
      { auths: { "docker.io": { username: "me", password: "a:secret" } } },
      mine,
    ],
    [
      "an identity token",
      registry,
      { auths: { "registry.example:5000": { auth, identitytoken: "idt" } } },
      { kind: "identity", token: "idt" },
    ],
  ])("may hold %s", async (_, url, content, expected) => {
    expect(await open(await fileWith(JSON.stringify(content)), url).get()).toEqual(expected);
  });

  it.each([
    [
      "of other registries alone",
      JSON.stringify({ auths: { "registry.example": { auth } } }),
      /no credentials for/,
    ],
    ["that is no JSON", "password: hunter2", /is no JSON$/],
    ["with a part missing", '{"username":"hunter2"}', /no credentials/],
  ])("%s is refused in a sentence that quotes nothing of it", async (_, content, sentence) => {
    const refused = open(await fileWith(content), registry).get();
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it("is read again when it changes, and only then", async () => {
    const path = await fileWith(JSON.stringify({ username: "me", password: "one" }));
    const source = open(path, registry);
    const first = await source.get();
    expect(await source.get()).toBe(first);
    await writeFile(path, JSON.stringify({ username: "me", password: "number two" }));
    expect(await source.get()).toMatchObject({ password: "number two" });
  });

  it("that is gone is refused, by its path", async () => {
    await expect(open("/no/such/file", registry).get()).rejects.toThrow("/no/such/file cannot be read");
  });
});

describe("a command that gives credentials", () => {
  async function program(name: string, script: string): Promise<string> {
    const path = join(await scratchDirectory(), name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }
  const open = (command: string[], now: () => number = Date.now, commandSeconds = 20) =>
    openCredentialSource({ kind: "command", command, everySeconds: 100 }, registry, { now, commandSeconds });

  it("prints them, and is told the host; no shell reads its arguments", async () => {
    const print = await program(
      "print",
      `read host; printf '{"username":"%s","password":"%s"}' "$host" "$1"`,
    );
    expect(await open([print, "$(id) ; x"]).get()).toEqual({
      kind: "password",
      username: "registry.example:5000",
      password: "$(id) ; x",
    });
  });

  it("may be a docker credential helper", async () => {
    const script = `read host; printf '{"ServerURL":"%s","Username":"<token>","Secret":"%s"}' "$host" "$1"`;
    expect(await open([await program("docker-credential-test", script)]).get()).toEqual({
      kind: "identity",
      token: "get",
    });
  });

  it("runs once for all who ask, again after its time, and again when refused, but not at once", async () => {
    let now = 0;
    const counter = join(await scratchDirectory(), "runs");
    const script = `echo run >> '${counter}'; sleep 0.1; echo '{"username":"u","password":"p"}'`;
    const source = open([await program("count", script)], () => now);
    const runs = async () => (await readFile(counter, "utf8")).split("\n").length - 1;
    const [first] = await Promise.all([source.get(), source.get(), source.get()]);
    expect(await runs()).toBe(1);
    source.refused(first);
    await source.get();
    expect(await runs()).toBe(1);
    now = 50_000;
    source.refused(first);
    await source.get();
    expect(await runs()).toBe(2);
    now = 149_000;
    await source.get();
    expect(await runs()).toBe(2);
    now = 151_000;
    await source.get();
    expect(await runs()).toBe(3);
  });

  it.each([
    ["fails", "echo hunter2; exit 3", /failed \(exit code 3\)$/],
    ["prints something else", "echo hunter2", /printed no credentials$/],
    ["prints without end", "yes hunter2", /printed too much$/],
    ["hangs", "exec sleep 60", /did not end within 0.3 s$/],
  ])("that %s is refused in a sentence without its output", async (_, script, sentence) => {
    const seconds = script.includes("sleep") ? 0.3 : 20;
    await expect(open([await program("broken", script)], Date.now, seconds).get()).rejects.toThrow(sentence);
  });

  it("that does not exist is refused", async () => {
    await expect(open(["/no/such/program"]).get()).rejects.toThrow("program cannot be run");
  });
});
