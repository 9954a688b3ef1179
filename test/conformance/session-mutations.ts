// Single faults in upload sessions and mounts: end-11, end-13, end-14.
import type { Fault } from "../support/mutating-proxy.ts";
import {
  at,
  code,
  inAnswer,
  inRequest,
  insteadOf,
  oneMore,
  status,
  uploadPath,
  when,
  withHeader,
  without,
  type Mutation,
} from "./faults.ts";

const mount = at("POST", /[?&]mount=/);
const ask = at("GET", uploadPath);
const cancel = at("DELETE", uploadPath);

/** Each chunk has the bytes of the one that was sent to its repository before. */
function mixedSessions(): Fault {
  const previous = new Map<string, Buffer>();
  return inRequest(at("PATCH", uploadPath), (request) => {
    const repository = request.target.replace(/\/blobs\/.*/, "");
    const before = previous.get(repository);
    previous.set(repository, request.body);
    if (before?.length === request.body.length) request.body = before;
  });
}

export const sessionMutations: readonly Mutation[] = [
  {
    name: "the status 200",
    group: "upload-sessions",
    fault: inAnswer(ask, status(204, 200)),
    red: ["session-status", "session-status-fresh"],
  },
  {
    name: "the status with a Range one too long",
    group: "upload-sessions",
    fault: inAnswer(ask, withHeader("range", oneMore)),
    red: ["session-status-fresh", "session-status-range"],
  },
  {
    name: "the status without Range",
    group: "upload-sessions",
    fault: inAnswer(ask, without("range")),
    red: ["session-status-fresh", "session-status-range"],
  },
  {
    name: "the status without Location",
    group: "upload-sessions",
    fault: inAnswer(ask, without("location")),
    red: ["session-status-location"],
  },
  {
    name: "the bytes of another session",
    group: "upload-sessions",
    fault: mixedSessions(),
    red: ["session-side-by-side"],
  },
  {
    name: "a cancel 202",
    group: "upload-sessions",
    fault: inAnswer(cancel, status(204, 202)),
    red: ["cancel"],
  },
  {
    name: "a cancel that cancels nothing",
    group: "upload-sessions",
    fault: insteadOf(cancel, 204),
    red: ["cancel-gone", "cancel-gone-code"],
  },
  {
    name: "a session that is gone 410",
    group: "upload-sessions",
    fault: inAnswer(ask, status(404, 410)),
    red: ["cancel-gone", "session-closed"],
  },
  {
    name: "a session that is gone with another code",
    group: "upload-sessions",
    fault: inAnswer(ask, code("BLOB_UPLOAD_UNKNOWN", "BLOB_UNKNOWN")),
    red: ["cancel-gone-code", "session-closed"],
  },
  {
    name: "a mount 200",
    group: "mounts",
    fault: inAnswer(mount, status(201, 200)),
    red: ["mount", "mount-anonymous"],
  },
  {
    name: "a mount without Location",
    group: "mounts",
    fault: inAnswer(mount, when(201, without("location"))),
    red: ["mount-location"],
  },
  {
    name: "a mount that finds nothing 404",
    group: "mounts",
    fault: inAnswer(mount, status(202, 404)),
    red: ["mount-unknown-anonymous", "mount-unknown-blob", "mount-unknown-repository"],
  },
  {
    name: "a mount that mounts nothing",
    group: "mounts",
    fault: {
      where: at("POST", /&from=.*source$/),
      answerInstead: ({ target }) => {
        const location = target.replace(/uploads\/\?mount=(sha256:\w+).*/, "$1");
        return { status: 201, headers: new Map([["location", location]]), body: Buffer.alloc(0) };
      },
    },
    red: ["mount-location", "mount-unknown-blob", "mount-visible"],
  },
  {
    name: "the upload instead of a mount without Location",
    group: "mounts",
    fault: inAnswer(mount, when(202, without("location"))),
    red: ["mount-fallback"],
  },
];
