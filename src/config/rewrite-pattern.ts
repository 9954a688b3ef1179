// The regular expressions that rewrite names for a source. Clients choose the names, so that an expression which takes for
// ever on some of them would let anybody stop the server: only those that can't are accepted.

/** What matches names of 255 characters quickly whatever they are. */
const maxLength = 200;
const maxRepetitions = 3;
const maxChoices = 8;

/** Returns what is wrong with the expression, or undefined. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > maxLength) return `must be at most ${maxLength} characters long`;
  if (groupsIn(pattern) === undefined) return "is no regular expression";
  const plain = pattern.replaceAll(/\\[^1-9k]/g, "_").replaceAll(/\[[^\]]*\]/g, "_");
  if (/\\/.test(plain)) return "must not refer back to a group";
  if (/\)(?:[*+]|\{)/.test(plain)) return "must not repeat a group: repeat a character or a [set] instead";
  if (countIn(plain, /[*+]|\{\d+,/g) > maxRepetitions) {
    return `must have at most ${maxRepetitions} repetitions (*, + or {n,})`;
  }
  return countIn(plain, /(?<!\()\?|\|/g) > maxChoices
    ? `must have at most ${maxChoices} choices (? or |)`
    : undefined;
}

/** Returns what is wrong with what a match is replaced by, or undefined. `pattern` is one without a fault. */
export function replacementFault(pattern: string, replacement: string): string | undefined {
  const groups = groupsIn(pattern) ?? 0;
  const named = Array.from(replacement.matchAll(/\$(\d+)/g), ([, number]) => Number(number));
  const missing = named.find((number) => number < 1 || number > groups);
  return missing === undefined ? undefined : `names $${missing}, and the expression has ${countOf(groups)}`;
}

function countIn(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

function groupsIn(pattern: string): number | undefined {
  try {
    // alone too, since a parenthesis too many could close the one that is put around it
    new RegExp(pattern);
    const match = new RegExp(`^(?:${pattern})$|`).exec("\n");
    return (match?.length ?? 1) - 1;
  } catch {
    return undefined;
  }
}

function countOf(groups: number): string {
  return groups === 1 ? "one group" : `${groups === 0 ? "no" : groups} groups`;
}
