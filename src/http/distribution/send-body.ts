// The bytes of a blob on their way out, behind headers that are set.
import type { ServerResponse } from "node:http";
import type { BlobBody } from "../../registry/registry.ts";

/**
 * Hands the connection to the store's own fastest way out, and ends the answer. When the store fails the connection is cut,
 * never ended as if the answer were whole, and this rejects; a client that left is no failure of ours.
 */
export async function sendBody(response: ServerResponse, body: BlobBody): Promise<void> {
  if (body.inMemory) {
    response.end(body.inMemory, () => void body.close());
    return;
  }
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  try {
    await body.writeTo(response, gone.signal);
    response.end();
  } catch (error) {
    response.destroy();
    if (!gone.signal.aborted) throw error;
  } finally {
    response.off("close", leave);
  }
}
