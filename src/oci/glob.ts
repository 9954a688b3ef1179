// Patterns over names and tags: `*` stands for anything within a path component, `**` for anything at all; every other
// character stands for itself. No regular expression, so that no pattern takes long on any name that a client thinks of.

type Part = { readonly literal: string } | { readonly star: "within" | "across" };

/** Whether a text fits the pattern as a whole: at most as many steps as both lengths multiplied. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern);
  const stars = parts.flatMap((part) => ("star" in part ? [part.star] : []));
  const [begin, end] = [pattern.slice(0, pattern.indexOf("*")), pattern.slice(pattern.lastIndexOf("*") + 1)];
  const [star, another] = stars;
  if (star === undefined) return (text) => text === pattern;
  const fitsAround = (text: string): boolean =>
    text.length >= begin.length + end.length && text.startsWith(begin) && text.endsWith(end);
  if (another !== undefined) {
    const fitsBetween = partsMatcher(parts);
    return (text) => fitsAround(text) && fitsBetween(text);
  }
  if (star === "across") return fitsAround;
  return (text) => fitsAround(text) && !text.slice(begin.length, text.length - end.length).includes("/");
}

function partsMatcher(parts: readonly Part[]): (text: string) => boolean {
  return (text) => {
    // Where in the text each number of parts may end.
    let ends: readonly boolean[] = Array.from({ length: text.length + 1 }, (_, at) => at === 0);
    for (const part of parts)
      ends = "star" in part ? afterStar(ends, text, part.star) : afterLiteral(ends, text, part.literal);
    return ends[text.length] ?? false;
  };
}

/** Whether a text fits any of the patterns. */
export function anyGlobMatcher(patterns: readonly string[]): (text: string) => boolean {
  const matchers = patterns.map(globMatcher);
  return (text) => matchers.some((fits) => fits(text));
}

function partsOf(pattern: string): Part[] {
  return Array.from(pattern.matchAll(/\*{2,}|\*|[^*]+/g), ([text]) => {
    if (!text.startsWith("*")) return { literal: text };
    return { star: text.length > 1 ? "across" : "within" };
  });
}

function afterLiteral(ends: readonly boolean[], text: string, literal: string): boolean[] {
  return ends.map((_, at) => {
    const begin = at - literal.length;
    return begin >= 0 && ends[begin] === true && text.startsWith(literal, begin);
  });
}

function afterStar(ends: readonly boolean[], text: string, star: "within" | "across"): boolean[] {
  let reached = false;
  return ends.map((ended, at) => {
    const stops = star === "within" && at > 0 && text[at - 1] === "/";
    reached = ended || (reached && !stops);
    return reached;
  });
}
