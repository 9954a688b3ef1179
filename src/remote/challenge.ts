// WWW-Authenticate (RFC 9110 §11.6.1): what a registry wants to see before it answers. Several challenges may stand in
// one header or in several; commas separate both challenges and parameters.

export interface BearerChallenge {
  readonly scheme: "bearer";
  readonly realm: string;
  readonly service: string | undefined;
  readonly scope: string | undefined;
}

export interface BasicChallenge {
  readonly scheme: "basic";
}

export type Challenge = BearerChallenge | BasicChallenge;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** A parameter, or (second part) the name of a scheme, which may be followed by its first parameter. */
const piece = new RegExp(`(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))|(${token})`, "gy");
const maxLength = 8192;

/** Those that can be met here, Bearer before Basic. Anything that is no challenge is passed over. */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const text = typeof header === "string" ? header : (header ?? []).join(", ");
  const found = schemesOf(text.slice(0, maxLength)).flatMap(({ scheme, parameters }): Challenge[] => {
    const realm = parameters.get("realm");
    if (scheme === "basic") return [{ scheme }];
    if (scheme !== "bearer" || realm === undefined) return [];
    return [{ scheme, realm, service: parameters.get("service"), scope: parameters.get("scope") }];
  });
  return found.sort((a, b) => Number(a.scheme === "basic") - Number(b.scheme === "basic"));
}

interface Scheme {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

function schemesOf(text: string): Scheme[] {
  const schemes: Scheme[] = [];
  let at = 0;
  while (at < text.length) {
    piece.lastIndex = at;
    const match = piece.exec(text);
    if (!match) {
      at += 1;
      continue;
    }
    at = piece.lastIndex;
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) schemes.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      schemes.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
    }
  }
  return schemes;
}
