// A key file is read when it looks other than before, and only then.
import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFileReader } from "../../../../auth/tokens/external/read-key-file.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

describe("a key file", () => {
  it("is read once as long as it looks the same", async () => {
    const path = join(await scratchDirectory(), "keys");
    await writeFile(path, "first");
    const read = keyFileReader(path);
    expect([await read(), await read(), await read()]).toEqual(["first", undefined, undefined]);
    await writeFile(path, "another");
    expect([await read(), await read()]).toEqual(["another", undefined]);
  });

  it("is read again when another file has taken its place, however alike the two look", async () => {
    const path = join(await scratchDirectory(), "keys");
    const when = new Date(0);
    await writeFile(path, "first");
    await utimes(path, when, when);
    const read = keyFileReader(path);
    expect(await read()).toBe("first");
    await writeFile(`${path}.new`, "other");
    await utimes(`${path}.new`, when, when);
    await rename(`${path}.new`, path);
    expect(await read()).toBe("other");
  });

  it("is tried again when it could not be read, and the system's own error is not passed on", async () => {
    const path = join(await scratchDirectory(), "keys");
    const read = keyFileReader(path);
    await expect(read()).rejects.toEqual(new Error("does not exist"));
    await writeFile(path, "there");
    expect(await read()).toBe("there");
  });
});
