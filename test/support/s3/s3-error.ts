// A refusal as S3 words it: status, code and message, and the XML that carries them. Apart because the strict server and
// the faulty proxy both answer so.
import { element, xmlDocument } from "./s3-xml.ts";

export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the answer, such as ActualObjectSize. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.name = "S3Error";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The body of an answer that refuses. */
export function errorXml(error: S3Error, resource: string, requestId: string): string {
  const { code, message, details } = error;
  const fields = { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId };
  const children = Object.entries(fields).map(([name, value]) => element(name, value));
  return xmlDocument(`<Error>${children.join("")}</Error>`);
}
