// The registry over TLS, with a certificate of the test's own that can be changed, and ways to reach it.
import { copyFile } from "node:fs/promises";
import { Agent } from "node:https";
import type { Socket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { CurrentCertificate } from "../../src/http/tls/current-certificate.ts";
import { issueCertificate, type IssuedCertificate } from "./certificates.ts";
import { collectLog, type LogLines } from "./log-lines.ts";
import { readUntil } from "./raw-socket.ts";
import { RegistryClient } from "./registry-client.ts";
import { scratchDirectory } from "./scratch-directory.ts";
import { serveParts, type Parts, type ServedParts } from "./serve-parts.ts";

export interface ServedSecurely extends ServedParts {
  /** Trusts the certificate with which the registry was started. */
  readonly client: RegistryClient;
  /** The same trust, one connection for each request. */
  readonly agent: Agent;
  readonly log: LogLines;
  /** Secured, and silent yet. */
  connect(options?: ConnectionOptions): Promise<TLSSocket>;
  /** Makes another certificate and puts it in place of the one in use. */
  renew(name: string): Promise<IssuedCertificate>;
}

/** The origin that a client uses which does not know of TLS, or speaks bytes of its own. */
export const plain = (url: string): string => url.replace("https:", "http:");

/** The beginning of a real ClientHello, of whose 512 bytes most are missing; in latin1. */
export const halfClientHello = Buffer.from("1603010200010001fc0303", "hex").toString("latin1");

/** Asks for `path` and gives the head of the answer. */
export async function askOver(socket: Socket, path: string): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return readUntil(socket, "\r\n\r\n");
}

/** To be called within a test; closed after it. */
export async function serveSecurely(server: Parts["server"] = {}): Promise<ServedSecurely> {
  const directory = await scratchDirectory();
  const files = await issueCertificate(directory, "first");
  const log = collectLog();
  const certificate = await CurrentCertificate.open(files, { logger: log.logger, now: Date.now });
  const served = await serveParts({ logger: log.logger, server: { ...server, certificate } });
  const client = new RegistryClient(served.url, { ca: files.pem });
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  return {
    ...served,
    client,
    agent: new Agent({ ca: files.pem }),
    log,
    connect: async (options) => {
      const { hostname, port } = new URL(served.url);
      const socket = connect({ host: hostname, port: Number(port), ca: files.pem, ...options });
      await once(socket, "secureConnect");
      return socket;
    },
    renew: async (name) => {
      const next = await issueCertificate(directory, name);
      await copyFile(next.cert, files.cert);
      await copyFile(next.key, files.key);
      await certificate.refresh();
      return next;
    },
  };
}
