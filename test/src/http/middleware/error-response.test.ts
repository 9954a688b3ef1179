// The words of an error: clients show their user the message alone.
import { describe, expect, it } from "vitest";
import { errorBody } from "../../../../src/http/middleware/error-response.ts";
import { OciError } from "../../../../src/oci/oci-error.ts";

describe("the body of an error", () => {
  it.each([
    [undefined, "not allowed"],
    [{ reason: "you lack push on team/app" }, "not allowed: you lack push on team/app"],
    [{ reason: 7 }, "not allowed"],
    [{ digest: "sha256:00" }, "not allowed"],
    ["you lack push", "not allowed"],
    [null, "not allowed"],
  ])("with the detail %j says %j", (detail, message) => {
    const body = errorBody(new OciError("denied", { detail }), "an id");
    expect(body).toEqual({
      errors: [{ code: "DENIED", message, ...(detail === undefined ? {} : { detail }) }],
      requestId: "an id",
    });
  });
});
