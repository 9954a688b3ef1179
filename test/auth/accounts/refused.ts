// A call that must be refused with a sentence for whoever tried, and leave the revision where it was.
import { expect } from "vitest";
import { AccessError, type AccessErrorCode } from "../../../auth/access-error.ts";
import type { OpenAccounts } from "./open-accounts.ts";

export async function expectRefused(
  { access }: OpenAccounts,
  call: () => Promise<unknown>,
  code: AccessErrorCode,
  sentence: RegExp | string,
): Promise<void> {
  const before = await access.revision();
  const outcome = await call().then(
    () => "no refusal",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(AccessError);
  expect(outcome).toMatchObject({ code, message: expect.stringMatching(sentence) as unknown });
  expect(await access.revision()).toBe(before);
}
