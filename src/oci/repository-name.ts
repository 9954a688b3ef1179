// The grammar of repository names (distribution-spec, "Pulling manifests": <name>), checked once at the edge.

export type RepositoryName = string & { readonly brand: unique symbol };

const grammar = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
// Clients limit host and name together to 255 characters; the name alone may never exceed that.
const maxLength = 255;

/** The name that `text` spells, or undefined. Takes the decoded path, so `%2F` and `..` are judged as what they mean. */
export function parseRepositoryName(text: string): RepositoryName | undefined {
  if (text.length > maxLength) return undefined;
  return grammar.test(text) ? (text as RepositoryName) : undefined;
}
