// What an htpasswd file may hold, and the sentence for what it may not.
import { describe, expect, it } from "vitest";
import { parseHtpasswd } from "../../../auth/authenticators/htpasswd-entries.ts";

const hash = (letter: string, prefix = "$2y$05$") => prefix + letter.repeat(53);

describe("an htpasswd file", () => {
  it.each<[string, string, object]>([
    ["is empty", "", {}],
    ["has a user a line", `ada:${hash("a")}\nbob:${hash("b")}\n`, { ada: hash("a"), bob: hash("b") }],
    ["has no line end at its end", `ada:${hash("a")}`, { ada: hash("a") }],
    [
      "has line ends of Windows",
      `ada:${hash("a")}\r\nbob:${hash("b")}\r\n`,
      { ada: hash("a"), bob: hash("b") },
    ],
    ["begins with a byte order mark", `\ufeffada:${hash("a")}\n`, { ada: hash("a") }],
    ["has comments and blank lines", `# people\n\n  \nada:${hash("a")}\n\n`, { ada: hash("a") }],
    [
      "has the other names of bcrypt",
      `ada:${hash("a", "$2a$10$")}\nbob:${hash("b", "$2b$31$")}`,
      {
        ada: hash("a", "$2a$10$"),
        bob: hash("b", "$2b$31$"),
      },
    ],
    ["has spaces at the end of a line", `ada:${hash("a")}  \n`, { ada: hash("a") }],
  ])("is read when it %s", (_, text, entries) => {
    expect(Object.fromEntries(parseHtpasswd(text))).toEqual(entries);
  });

  it.each([
    ["a line without a colon", "swordfish", "line 1: expected user:hash"],
    ["MD5", "ada:$apr1$aaaaaaaa$1234567890123456789012", "line 1: only bcrypt"],
    ["SHA-1", "ada:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "line 1: only bcrypt"],
    ["crypt", "ada:rqXexS6ZhobKA", "line 1: only bcrypt"],
    ["a plain password", "ada:swordfish", "line 1: only bcrypt"],
    ["no hash", "ada:", "line 1: only bcrypt"],
    ["a hash that was cut", `ada:${hash("a").slice(0, -1)}`, "line 1: only bcrypt"],
    ["a hash with more behind it", `ada:${hash("a")}:more`, "line 1: only bcrypt"],
    ["a cost that bcrypt does not have", `ada:${hash("a", "$2y$32$")}`, "line 1: only bcrypt"],
    [
      "a name that no account can have",
      `ok:${hash("a")}\nAda Lovelace:${hash("a")}`,
      "line 2: choose a name",
    ],
    ["no name", `:${hash("a")}`, "line 1: choose a name"],
    ["a user twice", `ada:${hash("a")}\n\nada:${hash("b")}`, "line 3: this user stands in the file twice"],
  ])("is refused with %s, in a sentence that names the line and not its content", (_, text, sentence) => {
    const parse = () => parseHtpasswd(text);
    expect(parse).toThrow(sentence);
    for (const content of ["swordfish", "qUqP5", "rqXex", "apr1", "aaaa"]) expect(parse).not.toThrow(content);
  });
});
