// The two range headers of this protocol: HTTP's Range on a blob (RFC 9110 §14), and the spec's own shorter form of
// Content-Range on an upload (end-5).
import { OciError } from "../oci/oci-error.ts";
import type { ByteRange } from "../registry/registry.ts";

/**
 * @returns the one range that `header` asks for, or undefined when all is to be sent: no header, several ranges, or a
 *   form unknown to us, which RFC 9110 lets a server ignore
 * @throws OciError rangeUnsatisfiable
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header.trim());
  if (!match) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start >= size || (first === "" && Number(last) === 0)) {
    throw new OciError("rangeUnsatisfiable", {
      detail: { size },
      headers: { "content-range": `bytes */${size}` },
    });
  }
  return { start, end };
}

/**
 * `<first>-<last>` as the spec writes it; `bytes <first>-<last>/<size>` as HTTP does is understood too.
 * @throws OciError contentRangeInvalid
 */
export function parseContentRange(header: string): { at: number; length: number } | undefined {
  if (header === "") return undefined;
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || last < first) throw new OciError("contentRangeInvalid", { detail: { contentRange: header } });
  return { at: first, length: last - first + 1 };
}

/** An empty session says `0-0`, as CNCF Distribution does and clients expect. */
export function uploadRange(offset: number): string {
  return `0-${Math.max(0, offset - 1)}`;
}
