// How deep a JSON text nests, found out without parsing it: V8 takes most of a second for four million brackets, and
// holds up everybody else meanwhile.

/** Manifests nest four or five deep; nobody means more than this. */
const maxDepth = 500;
const [quote, backslash] = [0x22, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

export function isDeeplyNested(json: Uint8Array): boolean {
  if (json.length <= maxDepth) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > maxDepth) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth--;
  }
  return false;
}
