// Certificates of a test's own, made by the openssl command: no key is kept in this repository.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface IssuedCertificate {
  /** Paths of the two PEM files. */
  readonly cert: string;
  readonly key: string;
  /** The content of `cert`. */
  readonly pem: string;
}

export interface IssueOptions {
  /** Who signs it; itself when left out. */
  readonly by?: IssuedCertificate;
  /** Its subjectAltName; none when empty. */
  readonly names?: string;
  readonly isAuthority?: boolean;
  /** How long it is valid, from now on; two unless given. */
  readonly days?: number;
  /** Arguments of `openssl req` that make the key. */
  readonly key?: readonly string[];
  /** With which the key is encrypted, when its arguments say so. */
  readonly passphrase?: string;
}

const run = promisify(execFile);

/** Writes `<name>.crt` and `<name>.key`; its subject is `name`. */
export async function issueCertificate(
  directory: string,
  name: string,
  options: IssueOptions = {},
): Promise<IssuedCertificate> {
  const { by, names = "IP:127.0.0.1,DNS:localhost", isAuthority = false, days = 2 } = options;
  const at = (ending: string) => join(directory, `${name}.${ending}`);
  const [cert, key, request, extensions] = [at("crt"), at("key"), at("csr"), at("ext")];
  const newKey = options.key ?? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", ["req", "-new", "-subj", `/CN=${name}`, "-keyout", key, "-out", request, ...newKey]);
  const lines = [
    `basicConstraints=critical,CA:${isAuthority ? "TRUE" : "FALSE"}`,
    ...(names === "" ? [] : [`subjectAltName=${names}`]),
  ];
  await writeFile(extensions, lines.join("\n"));
  const signer = by
    ? ["-CA", by.cert, "-CAkey", by.key, "-set_serial", `0x${randomBytes(8).toString("hex")}`]
    : ["-signkey", key];
  const signing = [
    "x509",
    "-req",
    "-in",
    request,
    "-days",
    String(days),
    "-extfile",
    extensions,
    "-out",
    cert,
  ];
  const unlocking = options.passphrase === undefined ? [] : ["-passin", `pass:${options.passphrase}`];
  await run("openssl", [...signing, ...signer, ...unlocking]);
  return { cert, key, pem: await readFile(cert, "latin1") };
}
