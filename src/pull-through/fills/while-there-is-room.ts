// A blob whose length the upstream does not say, as long as there is room for it: it may have no end, and nobody can be
// asked for its room before it is there.
import { RemoteError } from "../../remote/remote-error.ts";
import type { DownloadParts } from "./download-parts.ts";

const firstBytes = 16 * 1024 * 1024;

/**
 * The same chunks. Room is asked for by twice as much each time, for the whole, in place of what was given before; what is
 * on the disk by then counts again there: less is kept than would fit, never more.
 * @throws RemoteError failing, when there is no room for more
 */
export async function* whileThereIsRoom(
  chunks: AsyncIterable<Buffer>,
  admit: DownloadParts["admit"],
  over: AbortSignal,
): AsyncGenerator<Buffer, void> {
  let position = 0;
  let admitted = 0;
  let outgrown = new AbortController();
  for await (const chunk of chunks) {
    position += chunk.length;
    while (position > admitted) {
      admitted = Math.max(firstBytes, admitted * 2);
      outgrown.abort();
      outgrown = new AbortController();
      if ((await admit(admitted, AbortSignal.any([over, outgrown.signal]))) === "keep") continue;
      throw new RemoteError(
        "failing",
        `there is no room for a blob of ${position} bytes and more, whose length is not said`,
      );
    }
    yield chunk;
  }
}
