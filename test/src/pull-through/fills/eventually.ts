// Waits for what is bound to come, for longer than any machine needs.
import { expect } from "vitest";

export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000, interval: 5 });
