// What an operation of the strict server gets and gives: one request, with the bucket it is about, and one answer.
import type { IncomingHttpHeaders } from "node:http";
import type { BucketContent, Part, StoredS3Object } from "./bucket-content.ts";
import { receiveFile, receiveText, type Intake, type Payload } from "./payload.ts";
import { S3Error } from "./s3-error.ts";

/** The largest part and the largest object of one PutObject, as S3 has it. */
const maxPutBytes = 5 * 1024 ** 3;

export interface Rules {
  readonly minPartBytes: number;
  readonly equalParts: boolean;
  readonly conditionalPut: boolean | "ignored";
  readonly batchDelete: boolean;
  readonly flexibleChecksums: boolean;
  readonly maxListKeys: number;
}

/** What a test may change while the server runs. */
export interface Behaviour {
  /** How long Complete takes, in milliseconds. */
  completeMs: number;
  /** How many of the next Completes answer 200 with an error in the body and do nothing, as S3 may. */
  completeErrorsIn200: number;
}

export interface S3Exchange {
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly intake: Intake;
  readonly content: BucketContent;
  readonly rules: Rules;
  readonly behaviour: Behaviour;
  readonly now: () => number;
  readonly newId: () => string;
  /** A path that no other part has. */
  readonly newPath: () => string;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** The body; else that of `object`, both ends inclusive; else none. */
  readonly xml?: string;
  readonly object?: { readonly of: StoredS3Object; readonly start: number; readonly end: number };
}

export type Operation = (exchange: S3Exchange) => S3Answer | Promise<S3Answer>;

/** The request's body in a file of its own. */
export async function receivePart({ intake, newPath, now }: S3Exchange): Promise<Part> {
  const path = newPath();
  const payload: Payload = await receiveFile(intake, path, maxPutBytes);
  return { ...payload, path, modifiedAt: new Date(now()) };
}

/** The request's body as text. @throws S3Error */
export async function receiveXml({ intake }: S3Exchange): Promise<{ text: string; payload: Payload }> {
  return receiveText(intake);
}

/** What the headers ask of the object to be: type, class, encryption, metadata. */
export function attributesOf(headers: IncomingHttpHeaders): Record<string, string> {
  const kept =
    /^(content-(type|disposition|encoding|language)|cache-control|x-amz-(storage-class|server-side-encryption.*|meta-.*|tagging))$/;
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => kept.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
}

/** Answers with what encrypts the object, as S3 does on everything that writes. */
export function encryptionOf(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(attributes).filter(([name]) =>
    name.startsWith("x-amz-server-side-encryption"),
  );
  return Object.fromEntries(named);
}

/** `If-None-Match: *` on what writes. @throws S3Error PreconditionFailed, or NotImplemented where the rules say so */
export function checkCondition({ headers, rules, content, key }: S3Exchange): void {
  const condition = headers["if-none-match"];
  if (condition === undefined || rules.conditionalPut === "ignored") return;
  if (!rules.conditionalPut || condition !== "*")
    throw new S3Error(
      501,
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      {
        Header: "If-None-Match",
      },
    );
  if (content.find(key))
    throw new S3Error(
      412,
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      {
        Condition: "If-None-Match",
      },
    );
}

/** A parameter that is a whole number from `min`, cut to `max`; absent: `max`. @throws S3Error InvalidArgument */
export function numberFrom({ query }: S3Exchange, name: string, min: number, max: number): number {
  const text = query.get(name);
  if (text === undefined) return max;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min)
    throw new S3Error(400, "InvalidArgument", `Provided ${name} not an integer or within integer range`);
  return Math.min(value, max);
}
