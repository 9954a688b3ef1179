// A file of keys, read when it looks other than before; also one behind the symbolic links that Kubernetes swaps.
import { readFile, stat } from "node:fs/promises";

const maxBytes = 1024 * 1024;

/** @returns what reads it: undefined when it looks as it did at the reading before */
export function keyFileReader(path: string): () => Promise<string | undefined> {
  let seen: string | undefined;
  return async () => {
    const look = await lookOf(path);
    if (look === seen) return undefined;
    const text = await orInWords(readFile(path, "utf8"));
    seen = look;
    return text;
  };
}

async function lookOf(path: string): Promise<string> {
  const found = await orInWords(stat(path, { bigint: true }));
  if (!found.isFile()) throw new Error("is not a file");
  if (found.size > maxBytes) throw new Error(`is larger than ${maxBytes} bytes`);
  return `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
}

async function orInWords<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    // Without the cause: whoever explains a failed start would take it for one of the data directory's.
    throw new Error(code === "ENOENT" ? "does not exist" : `cannot be read (${code})`);
  }
}
