// A certificate is replaced by replacing its files, in whatever way; files that are no good replace nothing.
import { X509Certificate } from "node:crypto";
import { copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:tls";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CurrentCertificate } from "../../../../src/http/tls/current-certificate.ts";
import { issueCertificate } from "../../../support/certificates.ts";
import { collectLog } from "../../../support/log-lines.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

/** A certificate in use, that of `files`, beside another pair that may take its place. */
async function inUse() {
  const directory = await scratchDirectory();
  const files = await issueCertificate(directory, "old");
  const next = await issueCertificate(directory, "new");
  const log = collectLog();
  const current = await CurrentCertificate.open(files, { logger: log.logger, now: Date.now });
  return { directory, files, next, current, log, messages: () => log.lines.map(({ msg }) => String(msg)) };
}

/** The subject that a client is shown with what `current` gives. */
async function shown(current: CurrentCertificate): Promise<string | undefined> {
  const server = createServer({ SNICallback: (_, use) => use(null, current.context) }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false });
  await once(client, "secureConnect");
  const { raw } = client.getPeerCertificate();
  client.destroy();
  return new X509Certificate(raw).subject;
}

describe("the certificate in use", () => {
  it("is the one that the files hold", async () => {
    const { current, messages } = await inUse();
    await current.refresh();
    expect(await shown(current)).toBe("CN=old");
    expect(messages()).toEqual([]);
  });

  it("is not opened when the files can't be used", async () => {
    const { files, next, log } = await inUse();
    const mixed = { cert: files.cert, key: next.key };
    await expect(CurrentCertificate.open(mixed, { logger: log.logger, now: Date.now })).rejects.toThrow(
      /does not belong to the certificate/,
    );
  });

  it("changes when the files are written over", async () => {
    const { files, next, current, log } = await inUse();
    await copyFile(next.cert, files.cert);
    await copyFile(next.key, files.key);
    await current.refresh();
    await current.refresh();
    expect(await shown(current)).toBe("CN=new");
    expect(log.lines).toMatchObject([
      {
        level: "info",
        msg: "new connections get the new certificate",
        names: expect.stringContaining("DNS") as string,
      },
    ]);
  });

  it("changes when a link on the path is switched, as Kubernetes does", async () => {
    const directory = await scratchDirectory();
    const [first, second] = [join(directory, "..first"), join(directory, "..second")];
    for (const [folder, name] of [
      [first, "old"],
      [second, "new"],
    ] as const) {
      await mkdir(folder);
      const issued = await issueCertificate(folder, name);
      await rename(issued.cert, join(folder, "tls.crt"));
      await rename(issued.key, join(folder, "tls.key"));
    }
    await symlink("..first", join(directory, "..data"));
    await symlink("..data/tls.crt", join(directory, "tls.crt"));
    await symlink("..data/tls.key", join(directory, "tls.key"));
    const files = { cert: join(directory, "tls.crt"), key: join(directory, "tls.key") };
    const current = await CurrentCertificate.open(files, { logger: collectLog().logger, now: Date.now });
    expect(await shown(current)).toBe("CN=old");
    await symlink("..second", join(directory, "..data_tmp"));
    await rename(join(directory, "..data_tmp"), join(directory, "..data"));
    await rm(first, { recursive: true });
    await current.refresh();
    expect(await shown(current)).toBe("CN=new");
  });

  it("stays while only one of the files has changed, and changes with the other", async () => {
    const { files, next, current, messages } = await inUse();
    await copyFile(next.cert, files.cert);
    await current.refresh();
    expect(await shown(current)).toBe("CN=old");
    expect(messages()).toEqual([
      expect.stringMatching(
        /^the old certificate stays in use, until \S+: http\.tls\.key: .* does not belong/,
      ),
    ]);
    await copyFile(next.key, files.key);
    await current.refresh();
    expect(await shown(current)).toBe("CN=new");
  });

  it("stays while the files are broken or gone, and each reason is said once", async () => {
    const { files, next, current, log, messages } = await inUse();
    await writeFile(files.cert, "nonsense");
    for (let times = 0; times < 3; times++) await current.refresh();
    await rm(files.cert);
    for (let times = 0; times < 3; times++) await current.refresh();
    expect(await shown(current)).toBe("CN=old");
    expect(messages()).toEqual([
      expect.stringContaining("holds no certificate"),
      expect.stringContaining("there is no file"),
    ]);
    expect(log.lines.map(({ level }) => level)).toEqual(["warn", "warn"]);
    await copyFile(next.cert, files.cert);
    await copyFile(next.key, files.key);
    await current.refresh();
    expect(await shown(current)).toBe("CN=new");
  });

  it("says a reason again when it comes back", async () => {
    const { files, current, messages } = await inUse();
    for (const content of ["nonsense", files.pem, "nonsense"]) {
      await writeFile(files.cert, content);
      await current.refresh();
    }
    expect(messages()).toHaveLength(2);
  });
});
