// What two PEM files have to be, and the sentence for each way in which they are not.
import { appendFile, chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CertificateError,
  checkCertificate,
  readPemPair,
  type Certificate,
  type CertificateFiles,
} from "../../../../src/http/tls/certificate.ts";
import { issueCertificate, type IssuedCertificate } from "../../../support/certificates.ts";
import { scratchDirectory } from "../../../support/scratch-directory.ts";

const hour = 3_600_000;

async function load(files: CertificateFiles, now = Date.now()): Promise<Certificate> {
  return checkCertificate(files, await readPemPair(files), now);
}

async function faultOf(files: CertificateFiles, now?: number): Promise<string> {
  const error: unknown = await load(files, now).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CertificateError);
  return (error as CertificateError).message;
}

type Row = readonly [
  what: string,
  spoil: (files: IssuedCertificate, directory: string) => Promise<CertificateFiles | undefined>,
  message: RegExp,
];

const rows: Row[] = [
  [
    "a certificate that is not there",
    async ({ key }) => ({ cert: "/nowhere/tls.crt", key }),
    /^http\.tls\.cert: there is no file \/nowhere\/tls\.crt$/,
  ],
  [
    "a key that is not there",
    async ({ key }) => rm(key).then(() => undefined),
    /^http\.tls\.key: there is no file .*\/own\.key$/,
  ],
  [
    "a directory",
    async ({ key }, directory) => {
      await mkdir(join(directory, "tls"));
      return { cert: join(directory, "tls"), key };
    },
    /^http\.tls\.cert: .*\/tls is a directory; name the file in it$/,
  ],
  [
    "the key in place of the certificate",
    async ({ key }) => ({ cert: key, key }),
    /^http\.tls\.cert: .*\/own\.key holds no certificate in PEM form/,
  ],
  [
    "the certificate in place of the key",
    async ({ cert }) => ({ cert, key: cert }),
    /^http\.tls\.key: .*\/own\.crt holds no private key in PEM form/,
  ],
  [
    "an empty key",
    async ({ key }) => writeFile(key, "").then(() => undefined),
    /^http\.tls\.key: .*\/own\.key holds no private key in PEM form/,
  ],
  [
    "a certificate that breaks off in the middle",
    async ({ cert, pem }) => writeFile(cert, pem.slice(0, 300)).then(() => undefined),
    /^http\.tls\.cert: .*\/own\.crt holds no certificate in PEM form/,
  ],
  [
    "a chain with a damaged certificate in it",
    async ({ cert, pem }) => appendFile(cert, pem.replace(/\n(.{20})/, "\nAAAA")).then(() => undefined),
    /^http\.tls\.cert: certificate 2 in .*\/own\.crt is damaged$/,
  ],
  [
    "another certificate's key",
    async ({ cert }, directory) => ({ cert, key: (await issueCertificate(directory, "other")).key }),
    /^http\.tls\.key: the key in .*\/other\.key does not belong to the certificate in .*\/own\.crt$/,
  ],
  [
    "a chain in the wrong order",
    async ({ cert, pem }, directory) => {
      const other = await issueCertificate(directory, "other");
      return writeFile(cert, other.pem + pem).then(() => undefined);
    },
    /^http\.tls\.cert: the key belongs to certificate 2 in .*\/own\.crt; put that one first$/,
  ],
  [
    "a key behind a passphrase",
    async (_, directory) => {
      const key = ["-newkey", "rsa:2048", "-passout", "pass:word"];
      const { cert, key: plain } = await issueCertificate(directory, "locked", { key, passphrase: "word" });
      return { cert, key: plain };
    },
    /^http\.tls\.key: the key in .*\/locked\.key is encrypted; Berth needs it without a passphrase$/,
  ],
  [
    "a key that is too short for anybody",
    (_, directory) => issueCertificate(directory, "short", { key: ["-newkey", "rsa:512", "-nodes"] }),
    /^http\.tls: OpenSSL refuses .*\/short\.crt with .*\/short\.key: .*key too small/,
  ],
  [
    "a certificate that names no host",
    (_, directory) => issueCertificate(directory, "nameless", { names: "" }),
    /^http\.tls\.cert: the certificate in .*\/nameless\.crt has no subjectAltName, and clients refuse it; get one/,
  ],
];

describe("the files of a certificate", () => {
  it.each(rows)("may not be %s", async (_, spoil, message) => {
    const directory = await scratchDirectory();
    const own = await issueCertificate(directory, "own");
    expect(await faultOf((await spoil(own, directory)) ?? own)).toMatch(message);
  });

  it.skipIf(process.getuid?.() === 0)("may not be unreadable", async () => {
    const own = await issueCertificate(await scratchDirectory(), "own");
    await chmod(own.key, 0);
    expect(await faultOf(own)).toMatch(
      /^http\.tls\.key: the user Berth runs as \(uid \d+\) may not read .*own\.key$/,
    );
  });

  it("may not be out of date, by the clock of this machine", async () => {
    const own = await issueCertificate(await scratchDirectory(), "own");
    expect(await faultOf(own, Date.now() + 49 * hour)).toMatch(
      /^http\.tls\.cert: the certificate in .*\/own\.crt expired on \d{4}-\d\d-\d\dT[\d:.]+Z; renew it$/,
    );
    expect(await faultOf(own, Date.now() - hour)).toMatch(
      /^http\.tls\.cert: the certificate in .*\/own\.crt begins on \S+, and the clock of this machine says \S+$/,
    );
  });

  it("may hold a chain, RSA, and text between the blocks", async () => {
    const directory = await scratchDirectory();
    const root = await issueCertificate(directory, "root", { isAuthority: true });
    const own = await issueCertificate(directory, "own", {
      by: root,
      key: ["-newkey", "rsa:2048", "-nodes"],
      names: "DNS:registry.example",
    });
    await writeFile(own.cert, `Bag Attributes\n${own.pem}issuer=/CN=root\n${root.pem}`);
    const { names, validUntil } = await load(own);
    expect(names).toBe("DNS:registry.example");
    expect(Math.abs(validUntil.getTime() - Date.now() - 48 * hour)).toBeLessThan(hour);
  });

  it("may be one file with both in it", async () => {
    const directory = await scratchDirectory();
    const own = await issueCertificate(directory, "own");
    const both = join(directory, "both.pem");
    await copyFile(own.cert, both);
    await appendFile(both, await readFile(own.key));
    expect((await load({ cert: both, key: both })).names).toContain("DNS:localhost");
  });
});
