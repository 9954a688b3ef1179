// The file that `berth mirror pull -f` reads, and kubeadm and others print.

/** One image a line; empty lines, and what stands behind a #, do not count. */
export function imagesInList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
