// One question at a terminal: streams in memory that say that they are one.
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ask } from "../../../src/cli/ask.ts";

function terminalStreams() {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let shown = "";
  output.on("data", (chunk: Buffer) => (shown += chunk.toString()));
  return { input, output, shown: () => shown };
}

describe("a question", () => {
  it("is shown, and answered by a line", async () => {
    const { input, output, shown } = terminalStreams();
    const answer = ask({ input, output }, { text: "Remove it? [y/N]", hidden: false });
    input.write("yes\r");
    expect(await answer).toBe("yes");
    expect(shown()).toContain("Remove it? [y/N]");
    expect(shown()).toContain("yes");
  });

  it("for a password shows nothing of it, and ends its line", async () => {
    const { input, output, shown } = terminalStreams();
    const answer = ask({ input, output }, { text: "New password:", hidden: true });
    input.write("correct hor");
    input.write("se\r");
    expect(await answer).toBe("correct horse");
    expect(shown()).toContain("New password:");
    expect(shown()).not.toMatch(/correct|horse/);
    expect(shown().endsWith("\n")).toBe(true);
  });

  it("can be asked after another", async () => {
    const { input, output } = terminalStreams();
    const first = ask({ input, output }, { text: "First:", hidden: true });
    input.write("one\r");
    expect(await first).toBe("one");
    const second = ask({ input, output }, { text: "Second:", hidden: true });
    input.write("two\r");
    expect(await second).toBe("two");
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("is broken off by %s", async (_, key) => {
    const { input, output } = terminalStreams();
    const answer = ask({ input, output }, { text: "New password:", hidden: true });
    input.write(key);
    await expect(answer).rejects.toThrow("broken off: nothing was changed");
  });
});
