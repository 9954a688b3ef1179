// The little XML that S3 speaks: what an answer is made of, and the two request bodies that carry lists. Regular
// expressions are enough here, since both bodies have no attributes and no nesting beyond one level.

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export interface CompletedPart {
  readonly partNumber: number;
  /** Without its quotes. */
  readonly etag: string;
  /** The values of ChecksumCRC32 and the like, by their algorithm in lower case. */
  readonly checksums: ReadonlyMap<string, string>;
}

export interface DeleteRequest {
  readonly keys: readonly string[];
  readonly quiet: boolean;
}

export function element(name: string, content: string | number | boolean): string {
  return `<${name}>${escapeXml(String(content))}</${name}>`;
}

export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

/** A root element in the namespace of S3. `children` are elements already. */
export function result(name: string, children: readonly string[]): string {
  return xmlDocument(
    `<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children.join("")}</${name}>`,
  );
}

/** The body of CompleteMultipartUpload, or `undefined` when it is none. */
export function parseCompletedParts(xml: string): CompletedPart[] | undefined {
  const list = childrenOf(xml, "CompleteMultipartUpload")[0];
  const parts = list === undefined ? [] : childrenOf(list, "Part").map(partOf);
  const complete = parts.filter((part) => part !== undefined);
  return parts.length > 0 && complete.length === parts.length ? complete : undefined;
}

/** The body of DeleteObjects, or `undefined` when it is none. */
export function parseDelete(xml: string): DeleteRequest | undefined {
  const list = childrenOf(xml, "Delete")[0];
  if (list === undefined) return undefined;
  const keys = childrenOf(list, "Object").map((object) => textOf(object, "Key"));
  const named = keys.filter((key) => key !== undefined && key !== "");
  if (keys.length === 0 || named.length !== keys.length) return undefined;
  return { keys: named.map(String), quiet: textOf(list, "Quiet") === "true" };
}

function partOf(part: string): CompletedPart | undefined {
  const partNumber = Number(textOf(part, "PartNumber"));
  const etag = textOf(part, "ETag");
  if (!Number.isInteger(partNumber) || etag === undefined) return undefined;
  const checksums = new Map(
    Array.from(part.matchAll(/<Checksum(\w+)>([^<]*)</g), ([, name = "", value = ""]) => [
      name.toLowerCase(),
      unescapeXml(value),
    ]),
  );
  return { partNumber, etag: etag.replace(/^"(.*)"$/, "$1"), checksums };
}

function childrenOf(xml: string, name: string): string[] {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, "g");
  return Array.from(xml.matchAll(pattern), ([, content = ""]) => content);
}

function textOf(xml: string, name: string): string | undefined {
  const content = childrenOf(xml, name)[0];
  return content === undefined ? undefined : unescapeXml(content);
}

function escapeXml(text: string): string {
  const named = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return named.replace(/"/g, "&quot;").replace(/\r/g, "&#13;");
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name = "") => {
      if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return entities[String(name)] ?? whole;
    },
  );
}
