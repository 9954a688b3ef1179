// What a client is told when an upstream fails and nothing is cached (REQ-34). Bodies name the class of the failure and
// no host: the rest is for the log.
import { OciError, type OciErrorKind } from "../oci/oci-error.ts";
import { RemoteError, type RemoteFailure } from "../remote/remote-error.ts";
import type { UpstreamSettings } from "./upstream-settings.ts";

type Refused = Exclude<RemoteFailure, "absent">;

const answers: Record<Refused, { readonly kind: OciErrorKind; readonly reason?: string }> = {
  "rate-limited": { kind: "upstreamLimited" },
  busy: { kind: "upstreamLimited", reason: "too much is being asked of it from here" },
  refused: { kind: "upstreamRefused" },
  timeout: { kind: "upstreamSilent", reason: "timeout" },
  dns: { kind: "upstreamFailed", reason: "its name does not resolve (DNS)" },
  tls: { kind: "upstreamFailed", reason: "TLS fails" },
  connection: { kind: "upstreamFailed", reason: "no connection" },
  failing: { kind: "upstreamFailed", reason: "it answers with errors" },
  corrupt: { kind: "upstreamFailed", reason: "it sent content that is not what its digest or length says" },
};

/** Why a cached answer is served although it should have been confirmed; for the log and the metrics. */
export const staleReasons: Record<RemoteFailure, string> = {
  absent: "gone upstream",
  "rate-limited": "rate-limited",
  busy: "busy",
  refused: "refused",
  timeout: "timeout",
  dns: "dns",
  tls: "tls",
  connection: "connection",
  failing: "failing",
  corrupt: "corrupt",
};

/**
 * Whether what is not cached counts as not being there. Docker Hub says 401 to whoever shows no credentials both of
 * private repositories and of those that do not exist. Without credentials of ours "rejected credentials" would be a
 * lie and send operators looking for them, and the oldest clients go on to Hub, with their own login, on 404 alone
 * (REQ-48): so that is what they get, with a sentence that says which of the two nobody knows. With credentials, or
 * anywhere else, a refusal stays one (REQ-34).
 */
export function countsAsAbsent(upstream: UpstreamSettings, { failure }: RemoteError): boolean {
  if (failure === "absent") return true;
  return failure === "refused" && upstream.library && !hasCredentials(upstream);
}

/** For the `detail` of a 404 that was a refusal. */
export const hiddenReason =
  "the upstream has no such repository, or shows it to nobody without credentials, and this mirror has none for it";

export function refusalOf(error: RemoteError, upstream: UpstreamSettings): OciError {
  if (error.failure === "absent") throw new Error("what is absent is no refusal", { cause: error });
  const { kind, reason } = answers[error.failure];
  const told = kind === "upstreamRefused" && !hasCredentials(upstream) ? "it has none configured" : reason;
  const { retryAfterSeconds } = error;
  return new OciError(kind, {
    cause: error,
    detail: { upstream: upstream.name, ...(told !== undefined && { reason: told }) },
    headers: retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterSeconds)) },
  });
}

/**
 * Gives what `ask` gives; undefined when the upstream says that there is no such thing.
 * @param hidden what is thrown where the upstream may only hide it; without it that is undefined, too
 * @throws OciError that the client may see
 */
export async function askUpstream<T>(
  upstream: UpstreamSettings,
  ask: () => Promise<T>,
  hidden?: () => OciError,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (!countsAsAbsent(upstream, error)) throw refusalOf(error, upstream);
    if (error.failure !== "absent" && hidden !== undefined) throw hidden();
    return undefined;
  }
}

function hasCredentials({ sources }: UpstreamSettings): boolean {
  return sources.some(
    ({ remote }) => remote.credentials !== undefined || remote.clientCertificate !== undefined,
  );
}
