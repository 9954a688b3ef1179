// The version in package.json, which stands two folders above this file's source and three above its compiled form.
import { existsSync, readFileSync } from "node:fs";

export function packageVersion(from: string = import.meta.url): string {
  for (let folder = new URL(".", from); ; folder = new URL("..", folder)) {
    const file = new URL("package.json", folder);
    if (existsSync(file)) {
      const content: unknown = JSON.parse(readFileSync(file, "utf8"));
      const isOurs = typeof content === "object" && content !== null && "version" in content;
      if (isOurs) return String(content.version);
    }
    if (folder.pathname === "/") return "unknown";
  }
}
