// `Link: <…>; rel="next"` (RFC 8288): where the next page of a listing is, when the registry says so.

/** undefined without one, or when it leads out of `from`'s origin: a page is no redirect. */
export function nextPage(link: string | undefined, from: URL): URL | undefined {
  for (const [, target = "", parameters = ""] of (link ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)/i.test(parameters)) continue;
    if (!URL.canParse(target, from.href)) return undefined;
    const next = new URL(target, from);
    return next.origin === from.origin ? next : undefined;
  }
  return undefined;
}
