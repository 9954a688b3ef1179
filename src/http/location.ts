// Where an answer points. Path-absolute unless `http.publicUrl` is set: behind a proxy that is right whatever the proxy
// says of itself, and every client resolves it against the address it used (REQ-13).

export type Locate = (path: string) => string;

export function locateUnder(publicUrl: string | undefined): Locate {
  const base = publicUrl?.replace(/\/+$/, "") ?? "";
  return (path) => base + path;
}
