// Where things lie below the directory, and the only file that turns names from outside into paths: what does not have
// exactly the expected form names nothing, so that no state or locator can lead out of the directory.
//
//   <directory>/
//     blobs/sha256/ab/ab34…ef.<upload id>    committed objects; this path below blobs/ is the locator
//     blobs/copying/<upload id>              only when rename refuses to cross a mount: copies not yet complete
//     blobs/quarantine/<name>                damaged objects, kept apart until a person deletes them
//     uploads/<upload id>                    growing files, renamed into blobs/ by commit
import path from "node:path";
import { algorithmOf, hexOf, type Digest } from "../../digest.ts";
import type { Locator } from "../stored-object.ts";
import type { UploadId } from "../upload-id.ts";

const locatorForm =
  /^(?:sha256\/([0-9a-f]{2})\/\1[0-9a-f]{62}|sha512\/([0-9a-f]{2})\/\2[0-9a-f]{126})\.[0-9a-f]{32}$/;

export function parseLocator(text: string): Locator | undefined {
  return locatorForm.test(text) ? (text as Locator) : undefined;
}

/** An upload commits once, so its id makes the locator unique. */
export function locatorOf(digest: Digest, id: UploadId): Locator {
  const hex = hexOf(digest);
  return `${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}.${id}` as Locator;
}

export class Layout {
  readonly directory: string;
  readonly blobs: string;
  readonly copying: string;
  readonly quarantine: string;
  readonly uploads: string;

  constructor(directory: string) {
    this.directory = path.resolve(directory);
    this.blobs = path.join(this.directory, "blobs");
    this.copying = path.join(this.blobs, "copying");
    this.quarantine = path.join(this.blobs, "quarantine");
    this.uploads = path.join(this.directory, "uploads");
  }

  upload(id: UploadId): string {
    return path.join(this.uploads, id);
  }

  copy(id: UploadId): string {
    return path.join(this.copying, id);
  }

  /** Undefined when this store never made such a locator. */
  object(locator: Locator): string | undefined {
    return parseLocator(locator) && path.join(this.blobs, locator);
  }
}
