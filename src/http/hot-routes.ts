// The two answers that a registry gives all day, ahead of Koa: a manifest (GET, HEAD) and a blob (GET) of a repository of
// our own, plainly asked for, allowed, and there.
//
// It only ever says yes. Whatever it does not know or may not answer (other addresses, conditions, ranges, passwords, what is
// mirrored, refused or absent, a store that fails) it leaves to Koa untouched, which starts from the beginning: so there
// is one opinion about errors, challenges and the audit trail. What both say is held equal by
// test/src/http/hot-routes.test.ts, and by the tables of test/src/http, which run over either way.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Access } from "../../auth/access.ts";
import { parseDigest } from "../../storage/digest.ts";
import type { Logger } from "../observability/logger.ts";
import { parseReference } from "../oci/reference.ts";
import { parseRepositoryName, type RepositoryName } from "../oci/repository-name.ts";
import type { NamespaceResolver } from "../registry/namespace-resolver.ts";
import type { Registry } from "../registry/registry.ts";
import { blobHeaders, manifestHeaders } from "./distribution/content-headers.ts";
import { offered } from "./distribution/offload.ts";
import { sendBody } from "./distribution/send-body.ts";
import { gatherTurns } from "./end-of-turn.ts";
import type { Gate } from "./middleware/gate.ts";
import { apiVersion, requestIdOf } from "./middleware/request-id.ts";
import type { RecordRequest } from "./request-records.ts";
import { blobRoute, manifestRoute } from "./routes.ts";

export interface HotRoutesParts {
  readonly registry: Registry;
  readonly namespaces: NamespaceResolver;
  readonly gate: Gate;
  readonly record: RecordRequest;
  readonly logger: Logger;
  /** Whether blobs are answered here, too: not where somebody else may hand out their bytes. */
  readonly blobs: boolean;
}

/** Answers the request; or says false, and has changed nothing. */
export type HotRoutes = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** Nothing that is encoded, and no query: what a name or a reference may be is left to its own grammar. */
const plainPath = /^\/v2\/([a-z0-9][a-z0-9._/-]*)\/(manifests|blobs)\/([A-Za-z0-9._:-]+)$/;

/** With these the answer may be another one than the plain one. */
const conditions = [
  ...["if-none-match", "range", "if-range", "expect", "transfer-encoding", "content-length"],
  offered,
];

interface Asked {
  readonly request: IncomingMessage;
  readonly repository: RepositoryName;
  readonly reference: string;
}

/** `id` are headers and their values in turn, as all that are set here: node takes that form with the least ado. */
type Send = (response: ServerResponse, id: readonly string[]) => Promise<void> | void;

export function hotRoutes(parts: HotRoutesParts): HotRoutes {
  const answers = {
    manifests: { route: manifestRoute, find: (asked: Asked) => findManifest(parts, asked) },
    blobs: { route: blobRoute, find: (asked: Asked) => findBlob(parts, asked) },
  };
  const endOfTurn = gatherTurns();
  return async (request, response) => {
    const [, name = "", kind, reference = ""] = plainPath.exec(request.url ?? "") ?? [];
    if (!isPlain(request, kind, parts)) return false;
    const begun = performance.now();
    await endOfTurn();
    const repository = await ownRepository(parts, name);
    if (repository === undefined) return false;
    const { route, find } = answers[kind];
    const send = await find({ request, repository, reference }).catch(() => undefined);
    if (send === undefined) return false;
    const requestId = requestIdOf(request);
    parts.record(request, response, () => ({ requestId, route, repository }), begun);
    await send(response, ["x-request-id", requestId, ...apiVersion]);
    return true;
  };
}

function isPlain(
  { method, headers }: IncomingMessage,
  kind: string | undefined,
  { blobs }: HotRoutesParts,
): kind is "manifests" | "blobs" {
  const isAnswered =
    kind === "manifests"
      ? method === "GET" || method === "HEAD"
      : kind === "blobs" && blobs && method === "GET";
  return isAnswered && !conditions.some((header) => headers[header] !== undefined);
}

/** Undefined for what is mirrored, denied, or no name. */
async function ownRepository(
  { namespaces }: HotRoutesParts,
  written: string,
): Promise<RepositoryName | undefined> {
  const resolved = await namespaces.resolve({ name: written, purpose: "pull" });
  return resolved.kind === "local" ? parseRepositoryName(resolved.name) : undefined;
}

async function findManifest(
  { registry, gate }: HotRoutesParts,
  { request, repository, reference: text }: Asked,
): Promise<Send | undefined> {
  const reference = parseReference(text);
  if (reference === undefined) return undefined;
  const caller = await gate.callerOfAllowed(request, pullOf(repository));
  if (caller === undefined) return undefined;
  const isLook = request.method === "HEAD" && reference.kind === "digest";
  const beforePush = isLook && (await gate.decisionFor(caller, pushOf(repository))).allowed;
  const manifest = await registry.manifests.find(repository, reference, { beforePush });
  if (manifest === undefined) return undefined;
  const { digest, mediaType, bytes } = manifest;
  return (response, id) => {
    const headers = Object.entries(manifestHeaders(digest, reference.kind)).flat();
    const length = String(bytes.length);
    response.writeHead(200, [...id, ...headers, "content-type", mediaType, "content-length", length]);
    response.end(request.method === "HEAD" ? undefined : bytes);
  };
}

async function findBlob(
  { registry, gate, logger }: HotRoutesParts,
  { request, repository, reference }: Asked,
): Promise<Send | undefined> {
  const digest = parseDigest(reference);
  if (digest === undefined) return undefined;
  const caller = await gate.callerOfAllowed(request, pullOf(repository));
  if (caller === undefined) return undefined;
  const blob = await registry.blobs.open(repository, digest);
  if (blob === undefined) return undefined;
  const { body, size } = blob;
  return async (response, id) => {
    const headers = Object.entries(blobHeaders(digest)).flat();
    response.writeHead(200, [...id, ...headers, "content-length", String(size)]);
    await sendBody(response, body).catch((error: unknown) =>
      logger.error({ err: error, requestId: id[1] }, "the bytes of a blob could not be read"),
    );
  };
}

function pullOf(name: RepositoryName): Access {
  return { kind: "repository", name, action: "pull" };
}

function pushOf(name: RepositoryName): Access {
  return { kind: "repository", name, action: "push" };
}
