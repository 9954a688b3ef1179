// Of what several sources said, what the client is told (REQ-34): a failure that somebody can mend goes before one that
// hides it, and "there is none" is said only when everybody says so whose word counts.
import { RemoteError, type RemoteFailure } from "../remote/remote-error.ts";

const mostTelling: readonly RemoteFailure[] = [
  "rate-limited",
  "busy",
  "refused",
  "timeout",
  "tls",
  "dns",
  "connection",
  "failing",
  "corrupt",
  "absent",
];

export interface Refusal {
  readonly trusted: boolean;
  readonly error: RemoteError;
}

/** @param refusals at least one, in the order of the sources */
export function tellingFailure(refusals: readonly Refusal[]): RemoteError {
  const ofTrusted = refusals.filter(({ trusted }) => trusted);
  const absences = ofTrusted.filter(({ error }) => error.failure === "absent");
  const [absence] = absences;
  if (absence !== undefined && absences.length === ofTrusted.length) return absence.error;
  const rank = ({ error }: Refusal) => mostTelling.indexOf(error.failure);
  const [first] = [...refusals].sort((a, b) => rank(a) - rank(b));
  return first?.error ?? new RemoteError("failing", "no source may be asked");
}
