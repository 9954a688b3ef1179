// The fields that several resources have, each with its schema and the way from and to the services' own form. Rules of
// their content (names, lengths) stand with the services, for the command line too.
import { z } from "zod";
import { repositoryActions } from "../../../auth/access.ts";

export const actionList = z.array(z.enum(repositoryActions)).describe("What it may do in repositories.");

/** In answers, always in UTC. */
export const time = z.iso.datetime().describe("RFC 3339, in UTC.");

/** In requests. */
export const expiry = z.iso
  .datetime({ offset: true })
  .nullable()
  .optional()
  .describe("Not valid from then on (RFC 3339); null: it does not expire.");

export const description = z.string().optional().describe("One line, up to 1000 characters.");

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function optionalTimeOf(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : timeOf(milliseconds);
}

/** undefined: nothing was said. null: it shall not expire. */
export function expiryIn(text: string | null | undefined): number | null | undefined {
  return typeof text === "string" ? Date.parse(text) : text;
}
