// The certificate in use, which changes when its files do. Connections that are open keep the one they began with.
import type { SecureContext } from "node:tls";
import type { Logger } from "../../observability/logger.ts";
import {
  CertificateError,
  checkCertificate,
  readPemPair,
  type Certificate,
  type CertificateFiles,
  type PemPair,
} from "./certificate.ts";

export interface CurrentCertificateOptions {
  readonly logger: Logger;
  /** In milliseconds. */
  readonly now: () => number;
}

export class CurrentCertificate {
  readonly #files: CertificateFiles;
  readonly #logger: Logger;
  readonly #now: () => number;
  #pem: PemPair;
  #certificate: Certificate;
  /** What was said last about files that can't be used: it is said once. */
  #complaint: string | undefined;

  private constructor(
    files: CertificateFiles,
    pem: PemPair,
    certificate: Certificate,
    { logger, now }: CurrentCertificateOptions,
  ) {
    this.#files = files;
    this.#pem = pem;
    this.#certificate = certificate;
    this.#logger = logger;
    this.#now = now;
  }

  /** @throws CertificateError, in words for an operator, when the files can't be used */
  static async open(
    files: CertificateFiles,
    options: CurrentCertificateOptions,
  ): Promise<CurrentCertificate> {
    const pem = await readPemPair(files);
    return new CurrentCertificate(files, pem, checkCertificate(files, pem, options.now()), options);
  }

  /** For the next connection. */
  get context(): SecureContext {
    return this.#certificate.context;
  }

  /**
   * To be called every few seconds. The files are read, not watched: whatever way they were replaced (written over,
   * renamed, a link of Kubernetes' switched somewhere on the path), content that differs is found, and content that can't
   * be used, such as a certificate whose key has not been written yet, leaves the old one in use until it can.
   */
  async refresh(): Promise<void> {
    try {
      const pem = await readPemPair(this.#files);
      if (pem.cert !== this.#pem.cert || pem.key !== this.#pem.key) {
        this.#certificate = checkCertificate(this.#files, pem, this.#now());
        this.#pem = pem;
        const { names, validUntil } = this.#certificate;
        this.#logger.info({ names, validUntil }, "new connections get the new certificate");
      }
      this.#complaint = undefined;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      if (error.message === this.#complaint) return;
      this.#complaint = error.message;
      this.#logger.warn({}, `the old certificate stays in use, until ${this.#until}: ${error.message}`);
    }
  }

  get #until(): string {
    return this.#certificate.validUntil.toISOString();
  }
}
