// nginx as Debian sets it up, with sendfile: the limit for large files, and the front of `http.offload`.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Daemon } from "../../support/clients/daemon.ts";
import { processTree } from "../process-usage.ts";
import { freePort } from "./berth-server.ts";

export interface Nginx {
  readonly url: string;
  readonly pids: () => readonly number[];
  close(): Promise<unknown>;
}

const program = "/usr/sbin/nginx";
export const hasNginx = spawnSync(program, ["-v"], { stdio: "ignore" }).error === undefined;

/**
 * @param server what stands in its `server` block beside `listen`
 * @param upstream address of the server that it calls `berth`
 */
export async function startNginx(folder: string, server: string, upstream?: string): Promise<Nginx> {
  if (!hasNginx) throw new Error("nginx is not installed");
  const port = await freePort();
  const own = join(folder, `nginx-${port}`);
  mkdirSync(own);
  const configuration = join(own, "nginx.conf");
  const berth = upstream === undefined ? "" : `upstream berth { server ${upstream}; keepalive 16; }`;
  const text = `${berth}\n  server { listen 127.0.0.1:${port}; ${server} }`;
  writeFileSync(configuration, configurationOf(own, text));
  const daemon = new Daemon({ program, args: ["-c", configuration, "-p", own], logFile: join(own, "log") });
  const url = `http://127.0.0.1:${port}`;
  await daemon.untilReady(() =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  return { url, pids: () => processTree(daemon.pid), close: () => daemon.stop() };
}

function configurationOf(own: string, servers: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  // As root its processes would change to a user who may not enter temporary folders.
  const user = userInfo().uid === 0 ? "user root root;" : "";
  return `daemon off; ${user} worker_processes auto; pid ${own}/pid; error_log ${own}/error.log;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; keepalive_timeout 65; access_log ${own}/access.log;
  ${temporary.map((name) => `${name}_temp_path ${own}/${name};`).join(" ")}
  ${servers}
}
`;
}
