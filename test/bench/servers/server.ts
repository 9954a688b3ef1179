// A server as the scenarios see it: Berth, a peer, or one that somebody else runs.
import { RegistryHttp } from "../../support/clients/registry-http.ts";

export interface Server {
  readonly name: string;
  readonly url: string;
  readonly http: RegistryHttp;
  /** Its processes; none where they are not ours to look at. */
  readonly pids: () => readonly number[];
  close(): Promise<unknown>;
}

/** A registry that runs somewhere. */
export function serverAt(name: string, url: string): Server {
  const http = new RegistryHttp(url);
  return { name, url, http, pids: () => [], close: async () => http.close() };
}
