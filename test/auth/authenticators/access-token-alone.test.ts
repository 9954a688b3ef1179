// An access token stands by itself: it goes on whatever becomes of the password that its user logs in with otherwise, and
// of the place where that is kept (REQ-56).
import { describe, expect, it } from "vitest";
import { openLogins, outcomeOf, TestHtpasswd } from "./open-logins.ts";

describe("an access token", () => {
  it("goes on when its user's password is changed", async () => {
    const { users, tokens, login } = await openLogins();
    await users.create({ name: "ada", password: "a good password" });
    const { secret } = await tokens.create("ada", { label: "laptop" });
    await users.setPassword("ada", "another password");
    expect(outcomeOf(await login("ada", secret))).toBe("ada: all");
  });

  it("goes on when its user's line is gone from the htpasswd file", async () => {
    const htpasswd = new TestHtpasswd();
    htpasswd.set("ada", "in the file");
    const { tokens, login } = await openLogins({ htpasswd });
    expect(outcomeOf(await login("ada", "in the file"))).toBe("ada: all");
    const { secret } = await tokens.create("ada", { label: "laptop", actions: ["pull"] });
    htpasswd.set("ada", undefined);
    expect(outcomeOf(await login("ada", secret))).toBe("ada: pull");
  });

  it("asks nothing of where passwords are kept: that may be out of order", async () => {
    const version = async (): Promise<number> => {
      throw new Error("out of order");
    };
    const htpasswd = Object.assign(new TestHtpasswd(), { version });
    const { users, tokens, login } = await openLogins({ htpasswd });
    await users.create({ name: "ada" });
    const { secret } = await tokens.create("ada", { label: "laptop" });
    expect(outcomeOf(await login("ada", secret))).toBe("ada: all");
    await expect(login("ada", "in the file")).rejects.toThrow("out of order");
  });
});
