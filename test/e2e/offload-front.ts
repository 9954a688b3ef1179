// nginx as it is shipped, with the file that lets it send blobs, as another user than Berth. Of its own, because the
// fronts beside it are of root and know no files.
import { readFile, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { freePorts, makeCertificates, NginxProxy } from "../support/clients/nginx-proxy.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { adapt } from "./proxy-fronts.ts";

/** Whom Debian's nginx runs its workers as. */
const nginxUser = "www-data";

const deploy = (name: string): Promise<string> =>
  readFile(new URL(`../../deploy/${name}`, import.meta.url), "utf8");

export interface OffloadFront {
  host: string;
  origin: string;
  /** PEM file, and the folder that holds nothing else. */
  authority: string;
  log(): string;
  close(): Promise<void>;
}

/**
 * @param berth host and port
 * @param blobs the folder of the blobs
 * @param user whom its workers are, and of which group
 */
export async function startOffloadFront(
  berth: string,
  blobs: string,
  user = nginxUser,
): Promise<OffloadFront> {
  const folder = await createScratchFolder();
  const certificates = await makeCertificates(folder);
  const [port = 0] = await freePorts(1);
  const included = join(folder, "berth-offload.conf");
  const offload = await deploy("nginx-offload.conf");
  await writeFile(included, replaced(offload, "/var/lib/berth/blobs/blobs/", `${blobs}/`));
  const server = adapt(await deploy("nginx.conf"), berth, port, certificates, undefined);
  const line = "# include /etc/nginx/berth-offload.conf;";
  const proxy = await NginxProxy.start(replaced(server, line, `include ${included};`), port, user);
  const host = `127.0.0.1:${port}`;
  return {
    host,
    origin: `https://${host}`,
    authority: certificates.authority,
    log: () => proxy.log(),
    close: async () => {
      await proxy.close();
      await removeScratchFolder(folder);
    },
  };
}

/**
 * Something between nginx and Berth that passes everything on, but lets `remove` delete a file after Berth has named it and
 * before nginx hears of it.
 */
export async function deletingBetween(
  berth: string,
  remove: (file: string) => Promise<void>,
): Promise<{ readonly host: string; readonly deleted: number; close(): Promise<void> }> {
  let deleted = 0;
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const pass = async (response: IncomingMessage): Promise<void> => {
      const file = response.headers["x-accel-redirect"];
      if (typeof file === "string") {
        await remove(file.replace("/berth-blobs/", ""));
        deleted += 1;
      }
      answer.writeHead(response.statusCode ?? 0, response.headers);
      await pipeline(response, answer);
    };
    const forward = request(`http://${berth}${url}`, { method, headers }, (response) => {
      pass(response).catch((error: unknown) => answer.destroy(error as Error));
    });
    forward.on("error", (error) => answer.destroy(error));
    forward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get deleted() {
      return deleted;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`a file in deploy/ no longer says ${from}`);
  return text.replace(from, to);
}
