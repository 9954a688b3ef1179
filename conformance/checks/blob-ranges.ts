// end-2: parts of blobs. Range is a SHOULD, and HTTP lets a server ignore it: 200 with the whole blob is "unsupported".
import { Unsupported, type Check } from "../check.ts";
import { blob, type Content } from "../content.ts";
import { expectBytes, expectHeader, expectStatus } from "../expectations.ts";
import type { Answer } from "../http-client.ts";
import type { Repository } from "../repository.ts";
import { pushBlob } from "../setup.ts";

const size = 1000;

async function getRange(repository: Repository, range: string): Promise<[Answer, Content]> {
  const pushed = await pushBlob(repository, blob(size));
  const answer = await repository.getBlob(pushed.digest, { range: `bytes=${range}` });
  if (answer.status === 200 && answer.body.equals(pushed.bytes))
    throw new Unsupported("200 with the whole blob");
  return [answer, pushed];
}

/** A check that this range gives those bytes, first and last included. */
function rangeCheck(id: string, name: string, range: string, first: number, last: number): Check {
  return {
    id,
    ends: ["end-2"],
    level: "SHOULD",
    name,
    run: async (repository) => {
      const [answer, { bytes }] = await getRange(repository, range);
      expectStatus(answer, 206);
      expectBytes(answer, bytes.subarray(first, last + 1));
    },
  };
}

export const blobRangeChecks: readonly Check[] = [
  rangeCheck(
    "range-single",
    "Range: bytes=100-199 of a blob answers 206 with these bytes",
    "100-199",
    100,
    199,
  ),
  rangeCheck("range-open-ended", "Range: bytes=900- gives everything from there on", "900-", 900, 999),
  rangeCheck("range-suffix", "Range: bytes=-10 gives the last ten bytes", "-10", 990, 999),
  rangeCheck(
    "range-beyond-end",
    "a range that begins inside and ends outside is cut at the end",
    "990-5000",
    990,
    999,
  ),
  {
    id: "range-content-range",
    ends: ["end-2"],
    level: "SHOULD",
    name: "a 206 says in Content-Range which bytes of how many",
    run: async (repository) => {
      const [answer] = await getRange(repository, "100-199");
      expectHeader(answer, "content-range", `bytes 100-199/${size}`);
    },
  },
  {
    id: "range-content-length",
    ends: ["end-2"],
    level: "SHOULD",
    name: "a 206 carries the length of the part in Content-Length",
    run: async (repository) => {
      const [answer] = await getRange(repository, "100-199");
      expectHeader(answer, "content-length", "100");
    },
  },
  {
    id: "range-unsatisfiable",
    ends: ["end-2"],
    level: "SHOULD",
    name: "a range that lies beyond the blob answers 416",
    run: async (repository) => {
      const [answer] = await getRange(repository, "5000-6000");
      expectStatus(answer, 416);
    },
  },
  {
    id: "range-unsatisfiable-size",
    ends: ["end-2"],
    level: "SHOULD",
    name: "that 416 tells the blob's size in Content-Range",
    run: async (repository) => {
      const [answer] = await getRange(repository, "5000-6000");
      expectHeader(answer, "content-range", `bytes */${size}`);
    },
  },
  {
    id: "range-unknown-unit",
    ends: ["end-2"],
    level: "SHOULD",
    name: "a Range in another unit than bytes is ignored",
    run: async (repository) => {
      const { digest, bytes } = await pushBlob(repository, blob(size));
      const answer = await repository.getBlob(digest, { range: "lines=1-2" });
      if (answer.status === 416) throw new Unsupported("416");
      expectStatus(answer, 200);
      expectBytes(answer, bytes);
    },
  },
];
