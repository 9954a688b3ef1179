// What a registry says of a blob, or of the rest of one, checked before its bytes are appended to others.
import type { HttpAnswer } from "./exchange.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteBlob } from "./upstream.ts";

/**
 * @param start what was wished for; whoever ignores it answers 200 with everything
 * @throws RemoteError failing, when the part is not the one that was asked for, or not up to the end
 */
export function readBlobAnswer({ status, headers, size, body, url }: HttpAnswer, start: number): RemoteBlob {
  if (status === 200) return { size, start: 0, body };
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(
    headers.get("content-range")?.trim() ?? "",
  );
  const [, first = "", last = "", total = ""] = match ?? [];
  const whole = total === "*" ? Number(last) + 1 : Number(total);
  const fits =
    match !== null &&
    Number(first) === start &&
    Number(last) === whole - 1 &&
    (size === undefined || size === whole - start);
  if (!fits) throw new RemoteError("failing", `${url.host} sent another part of a blob than was asked for`);
  return { size: total === "*" ? undefined : whole, start, body };
}
