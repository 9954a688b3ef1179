// The real file operations with a hook before each of them, so that a test can count, fail or stop at any step.
import type { FileHandle } from "node:fs/promises";
import { fileOperations, type FileOperations } from "../../../../storage/blobs/filesystem/file-operations.ts";

export interface FileStep {
  readonly name: string;
  readonly path: string;
  /** For reads and writes: how many bytes were asked for. */
  readonly length: number;
}

/** Fails the step by throwing, delays it by a promise; a number is the most bytes that this read or write may move. */
export type BeforeStep = (step: FileStep) => unknown;

type Call = (...args: unknown[]) => Promise<unknown>;

export function observedFiles(before: BeforeStep): FileOperations {
  return new Proxy(fileOperations, {
    get(target, name: keyof FileOperations) {
      const call = target[name] as unknown as Call;
      return async (...args: unknown[]) => {
        const path = String(args[0]);
        await before({ name, path, length: 0 });
        const result = await call(...args);
        return name === "open" ? observedHandle(result as FileHandle, path, before) : result;
      };
    },
  });
}

function observedHandle(handle: FileHandle, path: string, before: BeforeStep): FileHandle {
  return new Proxy(handle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        const transfer = name === "read" || name === "write";
        const length = transfer ? Number(args[2]) : 0;
        const most = await before({ name: String(name), path, length });
        if (transfer && typeof most === "number") args[2] = Math.min(most, length);
        return await (member as Call).apply(target, args);
      };
    },
  });
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made for a test`), { code });
}
