// What a damaged object is called once it is kept apart: by its digest and the time, so that a person finds it again.
// Apart because every store names them alike.
import { algorithmOf, hexOf, type Digest } from "../digest.ts";

/** What is known of a damaged object, when it is taken out of the store. */
export interface Quarantining {
  /** That its bytes should have. */
  readonly digest: Digest;
  readonly at: Date;
}

/** @param id of the object, so that two of one digest and second are two */
export function quarantineName({ digest, at }: Quarantining, id: string): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${algorithmOf(digest)}-${hexOf(digest)}.${time}.${id}`;
}
