// The kinds of nginx that Berth is put behind, as configurations. Of its own, because raw HTTP and real clients go
// through the same ones.
import { readFile } from "node:fs/promises";
import { installedClient } from "../support/clients/installed-client.ts";
import {
  type Certificates,
  freePorts,
  makeCertificates,
  NginxProxy,
  nginxProgram,
} from "../support/clients/nginx-proxy.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";

export const nginx = installedClient("nginx", "sh", ["-c", `${nginxProgram} -v 2>&1`]);

const shipped = new URL("../../deploy/nginx.conf", import.meta.url);

interface Kind {
  tls: boolean;
  /** Directives of the server; those of its location, which passes to `upstream`. */
  server?: string;
  location?: string;
  upstream?: "plain";
}

/** Apart from the body limit, whatever is not written here is nginx's default: HTTP/1.0 to Berth, buffering, no headers. */
const kinds = {
  plain: { tls: false, location: "proxy_http_version 1.1;" },
  // The file stands for nginx's own limit of 1 GB, after which it takes nothing more until the client has it all.
  tls: { tls: true, server: "proxy_max_temp_file_size 48m;", location: "proxy_http_version 1.1;" },
  "wrong host": { tls: true, location: "proxy_http_version 1.1; proxy_set_header Host wrong.example;" },
  double: { tls: true, upstream: "plain", location: "proxy_set_header X-Forwarded-Proto http;" },
  gzip: { tls: true, server: "gzip on; gzip_types *; gzip_min_length 0;" },
  "http 1.0": { tls: true, location: "proxy_http_version 1.0; proxy_request_buffering off;" },
} satisfies Record<string, Kind>;

export type FrontName = keyof typeof kinds | "shipped";
export const frontNames: readonly FrontName[] = [
  "shipped",
  ...(Object.keys(kinds) as (keyof typeof kinds)[]),
];

export const frontTitles: Record<FrontName, string> = {
  shipped: "deploy/nginx.conf with HTTP/2",
  plain: "plain HTTP on an odd port",
  tls: "TLS without any forwarding header",
  "wrong host": "TLS that sends a wrong Host",
  double: "two proxies, of which the inner one says http",
  gzip: "TLS that compresses everything",
  "http 1.0": "TLS that speaks HTTP/1.0 to Berth",
};

export interface Front {
  name: FrontName;
  tls: boolean;
  /** As in an image's name: `127.0.0.1:43210`. */
  host: string;
  origin: string;
}

export interface Fronts {
  certificates: Certificates;
  of(name: FrontName): Front;
  log(): string;
  close(): Promise<void>;
}

const isTls = (name: FrontName): boolean => name === "shipped" || kinds[name].tls;

/** Starts one nginx with every front; `timeoutSeconds` replaces all limits in the shipped file. */
export async function startFronts(
  berth: string,
  { timeoutSeconds, ports }: { timeoutSeconds?: number; ports?: number[] } = {},
): Promise<Fronts> {
  const folder = await createScratchFolder();
  const certificates = await makeCertificates(folder);
  const free = ports ?? (await freePorts(frontNames.length));
  const port = (name: FrontName): number => free[frontNames.indexOf(name)] ?? 0;
  const text = await readFile(shipped, "utf8");
  const servers = [adapt(text, berth, port("shipped"), certificates, timeoutSeconds)];
  for (const [name, kind] of Object.entries(kinds) as [keyof typeof kinds, Kind][]) {
    const upstream = kind.upstream === undefined ? berth : `127.0.0.1:${port(kind.upstream)}`;
    servers.push(serverOf(kind, port(name), upstream, certificates));
  }
  const proxy = await NginxProxy.start(servers.join("\n"), port("shipped"));
  return {
    certificates,
    of: (name) => {
      const host = `127.0.0.1:${port(name)}`;
      return { name, tls: isTls(name), host, origin: `${isTls(name) ? "https" : "http"}://${host}` };
    },
    log: () => proxy.log(),
    close: async () => {
      await proxy.close();
      await removeScratchFolder(folder);
    },
  };
}

export const portsForFronts = (): Promise<number[]> => freePorts(frontNames.length);

/** The shipped file with the changes that it asks its reader for, and nothing else. */
export function adapt(
  text: string,
  berth: string,
  port: number,
  { certificate, key }: Certificates,
  timeoutSeconds: number | undefined,
): string {
  const changes: [string, string][] = [
    ["server 127.0.0.1:5000;", `server ${berth};`],
    ["listen 443 ssl http2;", `listen 127.0.0.1:${port} ssl http2;`],
    ["/etc/ssl/registry.example.com/fullchain.pem", certificate],
    ["/etc/ssl/registry.example.com/privkey.pem", key],
  ];
  let adapted = text;
  for (const [from, to] of changes) {
    if (!adapted.includes(from)) throw new Error(`deploy/nginx.conf no longer says ${from}`);
    adapted = adapted.replace(from, to);
  }
  return timeoutSeconds === undefined ? adapted : adapted.replaceAll(" 300s;", ` ${timeoutSeconds}s;`);
}

function serverOf(kind: Kind, port: number, upstream: string, { certificate, key }: Certificates): string {
  const tls = kind.tls ? `ssl_certificate ${certificate}; ssl_certificate_key ${key};` : "";
  return `server {
  listen 127.0.0.1:${port}${kind.tls ? " ssl" : ""};
  ${tls}
  client_max_body_size 0;
  ${kind.server ?? ""}
  location / { proxy_pass http://${upstream}; ${kind.location ?? ""} }
}`;
}
