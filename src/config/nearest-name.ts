// "Did you mean …": the right name nearest to a wrong one, for keys, values and environment variables.
import { distance } from "fastest-levenshtein";

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Edits between two names; a name that is the whole end of the other (`listen`, `http.listen`) counts as near. */
function farness(wrong: string, right: string): number {
  const [a, b] = [plain(wrong), plain(right)];
  const lastWord = plain(right.split(/[._]/).at(-1) ?? "");
  return Math.min(distance(a, b), distance(a, lastWord) + 0.5);
}

/** The nearest of the candidates whatever its distance; undefined when there are none. */
export function nearestName(wrong: string, candidates: Iterable<string>): string | undefined {
  let nearest: { name: string; farness: number } | undefined;
  for (const name of candidates) {
    const candidate = { name, farness: farness(wrong, name) };
    if (nearest === undefined || candidate.farness < nearest.farness) nearest = candidate;
  }
  return nearest?.name;
}

/** The nearest candidate if the wrong name is plausibly a slip for it: about one wrong letter in three. */
export function likelyName(wrong: string, candidates: Iterable<string>): string | undefined {
  const name = nearestName(wrong, candidates);
  const allowed = Math.max(2, Math.floor(plain(wrong).length / 3)) + 0.5;
  return name !== undefined && farness(wrong, name) <= allowed ? name : undefined;
}
