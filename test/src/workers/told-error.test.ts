// What went wrong in one process is explained in another by the same words.
import { deserialize, serialize } from "node:v8";
import { expect, it } from "vitest";
import { tell, toError } from "../../../src/workers/told-error.ts";

it("brings codes, places and causes across", () => {
  const system = Object.assign(new Error("bind EADDRINUSE 127.0.0.1:5000"), {
    ...{ code: "EADDRINUSE", syscall: "bind", address: "127.0.0.1", port: 5000 },
    socket: { destroy: () => undefined },
  });
  const told = deserialize(serialize(tell(new Error("no server", { cause: system })))) as never;
  const error = toError(told);
  expect(error).toMatchObject({ message: "no server" });
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.cause).toMatchObject({ code: "EADDRINUSE", syscall: "bind", port: 5000 });
  expect((error.cause as Error).stack).toBe(system.stack);
});

it("makes an error of anything that was thrown", () => {
  expect(toError(tell("just words"))).toEqual(new Error("just words"));
});
