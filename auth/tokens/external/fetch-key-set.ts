// A URL with keys: whoever answers there is trusted with the keys, and not with this process's memory or time.

const maxBytes = 1024 * 1024;

/** @returns what fetches it: undefined when the answer is the same as before */
export function keySetFetcher(url: string, timeoutMilliseconds = 5000): () => Promise<string | undefined> {
  let seen: string | undefined;
  return async () => {
    const text = await fetchText(url, timeoutMilliseconds);
    if (text === seen) return undefined;
    seen = text;
    return text;
  };
}

async function fetchText(url: string, timeoutMilliseconds: number): Promise<string> {
  try {
    // No redirects: the keys come from where the operator said.
    const response = await fetch(url, {
      redirect: "error",
      headers: { accept: "application/jwk-set+json, application/json" },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    if (response.ok) return await textOf(response);
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  } catch (error) {
    throw new Error(`cannot be fetched (${causeOf(error)})`, { cause: error });
  }
}

async function textOf(response: Response): Promise<string> {
  const body: AsyncIterable<Uint8Array> | null = response.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** fetch says no more than "fetch failed"; why is in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Error)
    return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return String(cause);
}
