// TLS as an operator meets it: two paths in the configuration, and from there to the answer or to the reason.
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { Agent } from "node:https";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { StartFailure } from "../../../../src/cli/explain-failure.ts";
import { loadConfig } from "../../../../src/config/load-config.ts";
import { issueCertificate, type IssuedCertificate } from "../../../support/certificates.ts";
import { send } from "../../../support/http-request.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";
import { startRegistry } from "../../../support/start-registry.ts";

const environment = ({ cert, key }: Pick<IssuedCertificate, "cert" | "key">) => ({
  BERTH_HTTP_TLS_CERT: cert,
  BERTH_HTTP_TLS_KEY: key,
});

describe("a registry with http.tls", () => {
  it("that is given a key and another key's certificate says so, and makes nothing", async () => {
    const directory = await scratchDirectory();
    const { cert } = await issueCertificate(directory, "own");
    const { key } = await issueCertificate(directory, "other");
    const dataDirectory = join(directory, "data");
    const env = environment({ cert, key });
    const cause: unknown = await startRegistry({ env, dataDirectory }).catch((error: unknown) => error);
    expect(new StartFailure(loadConfig({ env }), cause).message).toBe(
      `Berth cannot start: http.tls.key: the key in ${key} does not belong to the certificate in ${cert}`,
    );
    expect(existsSync(dataDirectory)).toBe(false);
  });

  it("that has no such file says that, and does not speak of its data directory", async () => {
    const env = environment({ cert: "/nowhere/tls.crt", key: "/nowhere/tls.key" });
    const cause: unknown = await startRegistry({ env, dataDirectory: "/nowhere" }).catch(
      (error: unknown) => error,
    );
    expect(new StartFailure(loadConfig({ env }), cause).message).toBe(
      "Berth cannot start: http.tls.cert: there is no file /nowhere/tls.crt",
    );
  });

  it("takes up a new certificate while it runs", async () => {
    const directory = await scratchDirectory();
    const files = await issueCertificate(directory, "old");
    const next = await issueCertificate(directory, "new");
    const registry = await startRegistry({ env: environment(files) });
    onTestFinished(() => registry.close());
    const ask = async () => {
      const agent = new Agent({ ca: next.pem });
      return send(registry.url, "GET", "/v2/", { agent }).then(
        ({ status }) => status,
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      );
    };
    expect(registry.url).toMatch(/^https:/);
    expect(await ask()).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    await rename(next.cert, files.cert);
    await rename(next.key, files.key);
    await expect.poll(ask, { timeout: 20_000 }).toBe(200);
  });
});
