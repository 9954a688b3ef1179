// How to reach one registry. Apart from the client because the configuration makes these.

export type RemoteCredentials =
  | { readonly kind: "static"; readonly username: string; readonly password: string }
  /** JSON `{"username", "password"}`, or docker's config.json (`auths`), read again when it changes. */
  | { readonly kind: "file"; readonly path: string }
  /**
   * A program that prints the same JSON, or a docker credential helper (`get`, with the host on standard input): run
   * again when what it gave is refused, or after `everySeconds` (ECR's passwords live twelve hours).
   */
  | {
      readonly kind: "command";
      readonly command: readonly string[];
      readonly everySeconds: number;
    };

export interface RemoteOptions {
  /** Base URL without `/v2`, such as https://registry-1.docker.io; may have a path. */
  readonly url: string;
  readonly credentials?: RemoteCredentials | undefined;
  /** URL of an HTTP proxy (CONNECT for https). Without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment count. */
  readonly proxy?: string | undefined;
  /** PEM file, besides the usual authorities. Also for token servers and where redirects lead. */
  readonly ca?: string | undefined;
  /** PEM files; shown to the registry's own host alone. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string } | undefined;
  /** Certificates are not verified, and an https token realm may be http. */
  readonly insecure: boolean;
  /** Requests at the same time, over all names. Others wait. */
  readonly maxConnections: number;
  /** Requests a second at most; none unless given. */
  readonly requestsPerSecond?: number | undefined;
  /** Until the connection stands and the headers came. */
  readonly headersSeconds: number;
  /** A body of which nothing came for so long is broken off. */
  readonly inactivitySeconds: number;
}
