// An upload by raw HTTP that breaks off and is taken up again, whatever the blobs are kept in.
import { expect } from "vitest";
import type { Answer, RegistryHttp } from "../support/clients/registry-http.ts";

/**
 * Sends the first `bytes` of a PATCH that promised all of `content`, then cuts the connection.
 * @param arrived resolves when enough of them has arrived
 */
export async function sendAndCut(
  http: RegistryHttp,
  location: string,
  content: Buffer,
  bytes: number,
  arrived: () => Promise<void>,
): Promise<void> {
  const patch = http.open("PATCH", location, {
    "content-type": "application/octet-stream",
    "content-length": content.length,
  });
  patch.on("error", () => undefined);
  const closed = new Promise((resolve) => patch.once("close", resolve));
  await new Promise<void>((resolve) => patch.write(content.subarray(0, bytes), () => resolve()));
  await arrived();
  patch.destroy();
  await closed;
}

/** PATCH of all that is missing from `offset` on. */
export function sendRest(
  http: RegistryHttp,
  location: string,
  content: Buffer,
  offset: number,
): Promise<Answer> {
  return http.send("PATCH", location, {
    headers: {
      "content-type": "application/octet-stream",
      "content-range": `${offset}-${content.length - 1}`,
      "content-length": content.length - offset,
    },
    body: content.subarray(offset),
  });
}

/** The offset that an upload's status tells. */
export async function offsetOf(http: RegistryHttp, location: string): Promise<number> {
  const status = await http.send("GET", location);
  expect(status.status).toBe(204);
  return Number(/^0-(\d+)$/.exec(status.headers.range ?? "")?.[1]) + 1;
}
