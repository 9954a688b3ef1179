// A token server that is not Berth's, as docker_auth or a forge runs one beside CNCF Distribution: it knows people, what
// each may do, and signs that. Of its own, because both registries get their tokens from the very same one.
import { createPrivateKey, randomUUID, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { keyFingerprint } from "../../auth/tokens/key-fingerprint.ts";
import { mintToken } from "../auth/tokens/minted-token.ts";
import { issueCertificate, type IssuedCertificate } from "../support/certificates.ts";
import type { Login } from "../support/clients/token-login.ts";

export const service = "registry.example.com";
export const issuer = "auth.example.com";

/** May do everything in `team` and `public`. */
export const ann: Login = { name: "ann", secret: "ann's password" };
/** May pull there. Everybody may pull from `public`. */
export const ben: Login = { name: "ben", secret: "ben's password" };

interface Entry {
  type: string;
  name: string;
  actions: readonly string[];
}

export class ForeignTokenServer {
  /** The PEM file for a registry's rootcertbundle. */
  readonly bundle: string;
  readonly certificate: X509Certificate;
  readonly #key: KeyObject;
  readonly #server: Server;

  private constructor(bundle: string, pem: string, key: KeyObject) {
    this.bundle = bundle;
    this.certificate = new X509Certificate(pem);
    this.#key = key;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  static async start({ cert, key, pem }: IssuedCertificate): Promise<ForeignTokenServer> {
    const server = new ForeignTokenServer(cert, pem, createPrivateKey(await readFile(key)));
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get realm(): string {
    return `${this.origin}/token`;
  }

  get kid(): string {
    return keyFingerprint(this.certificate.publicKey);
  }

  /** A token as its operator's software would make it; claims and header as the test wants them. */
  token(claims: object = {}, header: object = {}, key = this.#key): string {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now - 5, nbf: now - 5, exp: now + 300 };
    const whole = {
      iss: issuer,
      sub: ann.name,
      aud: service,
      jti: randomUUID(),
      access: [],
      ...times,
      ...claims,
    };
    return mintToken({ alg: "ES256", typ: "JWT", kid: this.kid, ...header }, whole, key);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method, url = "", headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, this.origin);
    const write = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (pathname === "/keys") {
      const jwk = this.certificate.publicKey.export({ format: "jwk" });
      return write(200, { keys: [{ ...jwk, kid: this.kid, use: "sig" }] });
    }
    // Clients that begin with OAuth2's POST come back with GET.
    if (pathname !== "/token" || method !== "GET") return write(404, {});
    const name = nameOf(headers.authorization);
    if (name === undefined) return write(401, {});
    const access = searchParams.getAll("scope").flatMap((scope) => grantedTo(name, scope));
    write(200, { token: this.token({ sub: name, access }), expires_in: 300 });
  }
}

/** Empty for nobody, undefined for a wrong login. */
function nameOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return "";
  const given = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString();
  return [ann, ben].find(({ name, secret }) => given === `${name}:${secret}`)?.name;
}

function grantedTo(person: string, scope: string): Entry[] {
  const [type = "", name = "", asked = ""] = scope.split(":");
  const may = (action: string): boolean =>
    person === ann.name || (action === "pull" && (person === ben.name || name.startsWith("public/")));
  return [{ type, name, actions: asked.split(",").filter(may) }];
}

/** An authority whose own key signs, a signer that it issued, and somebody who has nothing to do with either. */
export async function issueSigners(directory: string) {
  const authority = await issueCertificate(directory, "authority", { isAuthority: true });
  const middle = await issueCertificate(directory, "middle", { isAuthority: true, by: authority });
  const signer = await issueCertificate(directory, "signer", { by: authority });
  const below = await issueCertificate(directory, "below", { by: middle });
  const stranger = await issueCertificate(directory, "stranger", { isAuthority: true });
  return { authority, middle, signer, below, stranger };
}
