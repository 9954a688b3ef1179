// A blob of a fake upstream that stops on its way until it is let go. Of its own, because whatever happens in the middle of
// a download has to happen there on any machine.
import { randomBytes } from "node:crypto";
import type { FakeUpstream } from "../support/upstream/fake-upstream.ts";

export interface HeldBlob {
  readonly digest: string;
  /** Lets the rest come. */
  readonly release: () => void;
}

/** What comes before that. */
export const heldAtBytes = 1024 * 1024;

/** @param times how many transfers stop; those after them come at once */
export function holdBlob(upstream: FakeUpstream, repository: string, bytes: number, times: number): HeldBlob {
  const digest = upstream.addBlob(repository, randomBytes(bytes));
  let release = (): void => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  const where = ({ reference }: { reference: string }): boolean => reference === digest;
  upstream.faults.set({ kind: "hold", afterBytes: heldAtBytes, until }, { where, times });
  return { digest, release };
}
