// docs/admin-api.md shows what the registry answers: its examples are asked one after the other.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { adminTable } from "../../../../src/http/admin/routes.ts";
import { passwordOf } from "./cast.ts";
import { serveAdminApi } from "./serve-admin-api.ts";

const page = readFileSync(fileURLToPath(new URL("../../../../docs/admin-api.md", import.meta.url)), "utf8");

interface Example {
  readonly command: string;
  /** The line below it; undefined where the answer is empty. */
  readonly shown: string | undefined;
}

const examples: Example[] = Array.from(page.matchAll(/```console\n(.*?)```/gs), ([, block = ""]) => block)
  .flatMap((block) => block.split(/^\$ /m))
  .map((part) => part.trimEnd().split("\n"))
  .map(([command = "", shown]) => ({ command, shown }))
  .filter(({ command }) => command.startsWith("curl "));

/** A command line as a shell takes it apart, as far as the page goes. */
function requestOf(command: string) {
  const words = Array.from(
    command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
    ([, a, b, c]) => a ?? b ?? c ?? "",
  );
  const options = new Map<string, string>();
  let address = "";
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word.startsWith("-")) options.set(word, words[++index] ?? "");
    else address = word;
  }
  const body = options.get("-d");
  return {
    method: options.get("-X") ?? (body === undefined ? "GET" : "POST"),
    path: address.replace("$BERTH", ""),
    as: options.get("-u") ?? "",
    contentType: options.get("-H")?.split(":")[1],
    body: body === "@jane.json" ? JSON.stringify({ name: "jane", password: passwordOf("jane") }) : body,
  };
}

/** `…` on the page stands for whatever there is. */
function patternOf(shown: string): RegExp {
  const escaped = shown.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("…", '[^"]*')}$`);
}

describe("docs/admin-api.md", () => {
  it("shows what is answered", async () => {
    const api = await serveAdminApi();
    await api.users.create({ name: "admin", password: passwordOf("admin"), systemAdmin: true });
    expect(examples.length).toBeGreaterThan(10);
    for (const { command, shown } of examples) {
      const { method, path, as, contentType, body } = requestOf(command);
      const answer = await api.ask(method, path, {
        as: `${as}:${passwordOf(as)}`,
        ...(body !== undefined && { body }),
        headers: contentType === undefined ? {} : { "content-type": contentType },
      });
      expect(answer.body.toString("utf8"), command).toMatch(patternOf(shown ?? ""));
      expect(answer.status === 204, command).toBe(shown === undefined);
    }
  });

  it("names addresses that there are", () => {
    const known = adminTable().map(([, path]) => new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`));
    const named = Array.from(page.matchAll(/\/api\/v1(\/[\w./<>-]+\w>?)/g), ([, path = ""]) => path);
    expect(named.filter((path) => !known.some((pattern) => pattern.test(path)))).toEqual([]);
  });
});
