// Who may do what when nobody said so.
import { describe, expect, it } from "vitest";
import { resolveAuthMode } from "../../../src/config/auth-mode.ts";
import { loadConfig } from "../../../src/config/load-config.ts";

const loopback = ["127.0.0.1:5000", "127.1.2.3:80", "[::1]:5000", "localhost:0"];
const elsewhere = [":5000", "0.0.0.0:5000", "[::]:5000", "10.0.0.1:5000", "registry.example.com:5000"];

describe("without a mode", () => {
  it.each(loopback)("Berth is open on %s and says why", (listen) => {
    expect(loadConfig({ flags: { listen } }).auth).toEqual({
      mode: "open",
      reason: `not set, and only this machine reaches ${listen}`,
    });
  });

  it.each(elsewhere)("Berth refuses to listen on %s", (listen) => {
    expect(() => loadConfig({ flags: { listen } })).toThrow(/^Berth does not listen on /);
  });

  it("the refusal can be copied: docker, YAML and option, and what it means", () => {
    let message = "";
    try {
      resolveAuthMode(undefined, undefined, { host: "0.0.0.0", port: 5000 });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("\n  docker run -e BERTH_AUTH_MODE=open -p 5000:5000 -v berth:/data berth\n");
    expect(message).toContain("\n  auth:\n    mode: open\n");
    expect(message).toContain("--auth-mode open");
    expect(message.replaceAll("\n", " ")).toContain("anyone who reaches the port may pull, push and delete");
  });
});

describe("with a mode", () => {
  it.each([
    ["the environment", { env: { BERTH_AUTH_MODE: "open" } }, "set by environment variable BERTH_AUTH_MODE"],
    ["an option", { flags: { authMode: "open" } }, "set by --auth-mode"],
  ])("from %s, Berth listens anywhere and says who set it", (_, sources, reason) => {
    const flags = { listen: ":5000", ...("flags" in sources ? sources.flags : {}) };
    expect(loadConfig({ ...sources, flags }).auth).toEqual({ mode: "open", reason });
  });

  it("that does not exist, it is refused even on loopback", () => {
    expect(() => loadConfig({ flags: { authMode: "opne" } })).toThrow(
      'auth.mode: must be open, not "opne"; did you mean open? (--auth-mode)',
    );
  });
});
