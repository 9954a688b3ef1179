// What a request shows of who sent it: RFC 7617 (Basic) and RFC 6750 (Bearer).
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Credentials } from "../../auth/authenticator.ts";

/** A connection shows the same token again and again; passwords are not kept. */
const tokens = new WeakMap<Socket, { readonly header: string; readonly credentials: Credentials }>();

const form = /^(basic|bearer) +([^\s,]+) *$/i;

/** undefined for a header that is neither: it shows nothing, but was meant to. */
export function credentialsOf(request: IncomingMessage): Credentials | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return { kind: "none" };
  const known = tokens.get(request.socket);
  if (known?.header === header) return known.credentials;
  const [, scheme, value] = form.exec(header) ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === "basic") return decodeBasic(value);
  const credentials = { kind: "bearer", token: value } as const;
  tokens.set(request.socket, { header, credentials });
  return credentials;
}

function decodeBasic(value: string): Credentials | undefined {
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  const [name, secret] = [text.slice(0, colon), text.slice(colon + 1)];
  // `docker login` without a name, and kubelets with an empty secret, show nothing.
  return name === "" && secret === "" ? { kind: "none" } : { kind: "basic", name, secret };
}
