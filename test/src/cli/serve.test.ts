// `berth serve`: what it announces, how signals end it, how failures to start are told.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { assemble } from "../../../src/assembly/assemble.ts";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import type { RunningServer, Serving } from "../../../src/cli/serve.ts";
import type { Config } from "../../../src/config/load-config.ts";
import { collectLog } from "../../support/log-lines.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { RecordedTerminal } from "./recorded-terminal.ts";

/** A promise that the test settles. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** A server that tells when it is being closed, and is closed when the test says so. */
function controlledServer(urls: RunningServer["urls"] = { http: "http://127.0.0.1:5000" }) {
  const closing = gate();
  const closed = gate();
  const close = (): Promise<void> => {
    closing.open();
    return closed.passed;
  };
  return { server: { urls, change: () => undefined, close }, closing: closing.passed, finish: closed.open };
}

function serve(
  startServer: Serving["assemble"],
  args: readonly string[] = [],
  environment: Record<string, string> = {},
) {
  const terminal = new RecordedTerminal(environment);
  const log = collectLog();
  const assembled = gate();
  const code = runCommandLine(["serve", ...args], terminal, {
    openLog: async () => ({ logger: log.logger, pass: () => undefined, flush: async () => undefined }),
    assemble: async (config, logger, adminPassword) => {
      const server = await startServer(config, logger, adminPassword);
      assembled.open();
      return server;
    },
    openAccess: () => Promise.reject(new Error("nothing is to be opened here")),
    openStorage: () => Promise.reject(new Error("nothing is to be opened here")),
    openGc: () => Promise.reject(new Error("nothing is to be opened here")),
    openTags: () => Promise.reject(new Error("nothing is to be opened here")),
    openFsck: () => Promise.reject(new Error("nothing is to be opened here")),
    openMirror: () => Promise.reject(new Error("nothing is to be opened here")),
    openRetention: () => Promise.reject(new Error("nothing is to be opened here")),
    probeUpstreams: async function* () {},
    probeStorage: async function* () {},
  });
  return {
    terminal,
    code,
    assembled: assembled.passed,
    log: () => log.lines.map((line) => String(line["msg"])),
  };
}

describe("a server that runs", () => {
  it("is assembled from the configuration of all sources", async () => {
    const { server, finish } = controlledServer();
    const configs: Config[] = [];
    const { terminal, code, assembled } = serve(
      async (config) => {
        configs.push(config);
        return server;
      },
      ["--listen", ":0", "--data", "/srv/berth"],
      { BERTH_AUTH_MODE: "open" },
    );
    await assembled;
    terminal.raise("SIGTERM");
    finish();
    expect(await code).toBe(0);
    expect(configs).toMatchObject([
      { http: { listen: { host: "0.0.0.0", port: 0 } }, data: "/srv/berth", auth: { mode: "open" } },
    ]);
  });

  it("announces where it listens, where its data is, its mode and why", async () => {
    const urls = { http: "http://127.0.0.1:5000", metrics: "http://127.0.0.1:9090/metrics" };
    const { server, finish } = controlledServer(urls);
    const { terminal, code, assembled, log } = serve(async () => server, ["--data", "/srv/berth"]);
    await assembled;
    terminal.raise("SIGINT");
    finish();
    await code;
    expect(log()).toEqual([
      "Berth listens on http://127.0.0.1:5000; data in /srv/berth; auth mode open (not set, and only this machine reaches 127.0.0.1:5000)",
      "Metrics are at http://127.0.0.1:9090/metrics",
      "SIGINT: finishing transfers for up to 30 s; a second signal ends at once",
      "Berth has stopped",
    ]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "ends with 0 after the first %s, when all is closed",
    async (signal) => {
      const { server, closing, finish } = controlledServer();
      const { terminal, code, assembled } = serve(async () => server);
      await assembled;
      terminal.raise(signal);
      await closing;
      expect(terminal.exitCodes).toEqual([]);
      finish();
      expect(await code).toBe(0);
      expect(terminal.exitCodes).toEqual([]);
      expect(terminal.awaitedSignals).toEqual([]);
    },
  );

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("does not wait any longer on a second signal, %s", async (signal, exitCode) => {
    const { server, closing, finish } = controlledServer();
    const { terminal, code, assembled } = serve(async () => server);
    await assembled;
    terminal.raise("SIGTERM");
    await closing;
    terminal.raise(signal);
    expect(terminal.exitCodes).toEqual([exitCode]);
    finish();
    await code;
  });

  it("is closed at once when the signal came while it started", async () => {
    const { server, closing, finish } = controlledServer();
    const starting = gate();
    const mayStart = gate();
    const { terminal, code } = serve(async () => {
      starting.open();
      await mayStart.passed;
      return server;
    });
    await starting.passed;
    terminal.raise("SIGTERM");
    mayStart.open();
    await closing;
    finish();
    expect(await code).toBe(0);
  });
});

describe("a server that cannot start", () => {
  const fail = async (error: Error, args: string[] = []) => {
    const { terminal, code } = serve(() => Promise.reject(error), args);
    expect(await code).toBe(1);
    expect(terminal.awaitedSignals).toEqual([]);
    return terminal.errors;
  };
  const listenError = (code: string, port = 5000) =>
    Object.assign(new Error(`listen ${code}`), { code, syscall: "listen", port });

  it.each([
    [
      listenError("EADDRINUSE"),
      [],
      /^Cannot listen on 127\.0\.0\.1:5000: another program listens there already; .*--listen/,
    ],
    [
      listenError("EACCES", 80),
      ["--listen", "127.0.0.1:80"],
      /^Cannot listen on 127\.0\.0\.1:80: .* above 1023/,
    ],
    [listenError("EADDRNOTAVAIL"), [], /this machine has no such address/],
    [
      Object.assign(new Error("x"), { code: "ENOTFOUND", syscall: "getaddrinfo" }),
      [],
      /the host name is not known/,
    ],
    [
      Object.assign(new Error("x"), { code: "EACCES", path: "/d/blobs" }),
      [],
      /^Cannot use \/d\/blobs: .* may not write there; .*--data/,
    ],
    [
      Object.assign(new Error("x"), { code: "EROFS", path: "/d" }),
      [],
      /^Cannot use \/d: the file system is read-only/,
    ],
    [Object.assign(new Error("x"), { code: "ENOSPC", path: "/d" }), [], /^Cannot use \/d: the disk is full/],
    [
      Object.assign(new Error("x"), { code: "SQLITE_CANTOPEN" }),
      ["--data", "/d"],
      /^Cannot use \/d\/berth\.sqlite: the database cannot be opened/,
    ],
    [
      Object.assign(new Error("x"), { code: "SQLITE_READONLY_DBMOVED" }),
      ["--data", "/d"],
      /^Cannot use \/d\/berth\.sqlite: the database cannot be written/,
    ],
    [
      Object.assign(new Error("x"), { code: "SQLITE_NOTADB" }),
      ["--data", "/d"],
      /^Cannot use \/d\/berth\.sqlite: the file is not a database/,
    ],
    [new Error("outer", { cause: listenError("EADDRINUSE") }), [], /^Cannot listen on/],
    [new Error("something else"), [], /^Berth cannot start: something else$/m],
  ])(
    "because of %o says so in one line, without a stack, and exits with 1",
    async (error, args, sentence) => {
      const errors = await fail(error, args);
      expect(errors).toMatch(sentence);
      expect(errors.trimEnd()).not.toContain("\n");
    },
  );

  it("names the metrics address when that is the one taken", async () => {
    const { terminal, code } = serve(() => Promise.reject(listenError("EADDRINUSE", 9090)), [], {
      BERTH_METRICS_LISTEN: "127.0.0.1:9090",
    });
    expect(await code).toBe(1);
    expect(terminal.errors).toMatch(/^Cannot listen on 127\.0\.0\.1:9090: .* with metrics\.listen/);
  });

  it("is not even tried when the configuration is wrong", async () => {
    const { terminal, code } = serve(() => Promise.reject(new Error("tried")), ["--listen", "nowhere"]);
    expect(await code).toBe(1);
    expect(terminal.errors).toMatch(/^The configuration has a problem:\n {2}http\.listen: /);
  });
});

describe("the real server", () => {
  const real: Serving["assemble"] = (config, { logger }) => assemble(config, { logger });

  it("that finds its port taken says how to go on", async () => {
    const data = await scratchDirectory();
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { terminal, code } = serve(real, ["--listen", `127.0.0.1:${port}`, "--data", data]);
    expect(await code).toBe(1);
    expect(terminal.errors).toMatch(
      /^Cannot listen on 127\.0\.0\.1:\d+: another program listens there already/,
    );
  });

  it("that cannot make its data directory names the directory and the option", async () => {
    const file = join(await scratchDirectory(), "file");
    await writeFile(file, "");
    const { terminal, code } = serve(real, ["--listen", "127.0.0.1:0", "--data", join(file, "data")]);
    expect(await code).toBe(1);
    expect(terminal.errors).toMatch(/^Cannot use .*\/file\/data.*: a part of the path is a file; .*--data/);
  });

  it.runIf(process.platform === "linux")(
    "that is given a place where nothing can be made says so",
    async () => {
      const { terminal, code } = serve(real, ["--listen", "127.0.0.1:0", "--data", "/proc/berth"]);
      expect(await code).toBe(1);
      expect(terminal.errors).toMatch(
        /^Cannot use \/proc\/berth: it is not there and cannot be made; .*--data/,
      );
    },
  );

  it("answers until it is told to stop", async () => {
    const data = await scratchDirectory();
    const urls: string[] = [];
    const { terminal, code, assembled } = serve(
      async (config, logger, adminPassword) => {
        const server = await real(config, logger, adminPassword);
        urls.push(server.urls.http);
        return server;
      },
      ["--listen", "127.0.0.1:0", "--data", data],
    );
    await assembled;
    const url = urls.join("");
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
    terminal.raise("SIGTERM");
    expect(await code).toBe(0);
    await expect(fetch(`${url}/v2/`)).rejects.toThrow();
  });
});
