// Decides before anything of a request's body is read: who is asking, and may they? What clients make of the answer
// shapes it: 401 with a challenge sends them for a token, 403 ends their attempt with the reason (REQ-18, REQ-53).
//
//   credentials ──▶ caller ──▶ may the principal? ──▶ do the credentials carry it? ──▶ handler
//      bad: 401        │            no: 403, anonymous 401        no: 401 insufficient_scope
//                      └ bad ones on a public pull count as none (REQ-47)
import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import type { Access } from "../../../auth/access.ts";
import type { AuditTrail, TrailEntry } from "../../../auth/audit-trail.ts";
import type { Authentication, Authenticator, Circumstances } from "../../../auth/authenticator.ts";
import type { Authorizer, Decision } from "../../../auth/authorizer.ts";
import { bareCaller, covers, type Caller } from "../../../auth/caller.ts";
import { anonymous, principalKey, principalName } from "../../../auth/principal.ts";
import { accessesOf } from "../../../auth/scope.ts";
import { OciError } from "../../oci/oci-error.ts";
import type { Visibility } from "../../registry/registry.ts";
import type { ChallengeError, Challenges } from "../challenge.ts";
import { credentialsOf } from "../credentials.ts";
import type { Origin } from "../origin.ts";
import { answersProblems } from "../problem.ts";
import type { RequestState } from "./request-id.ts";

export interface GateParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly challenges: Challenges;
  readonly origin: Origin;
  readonly trail: Pick<AuditTrail, "note" | "write">;
}

const tooLimited = "these credentials are limited, and do not carry what the request needs";

export class Gate {
  readonly #parts: GateParts;
  readonly #callers = new WeakMap<Context, Caller>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /**
   * @param refusal said in place of the authorizer's reason, where that would tell what there is
   * @throws OciError unauthorized with a challenge; denied with the right that is missing; tooManyAttempts
   */
  async admit(ctx: Context, access: Access, refusal?: string): Promise<void> {
    const caller = await this.#identify(ctx, access);
    await this.#decide(ctx, caller, access, refusal);
  }

  /**
   * The caller, if the request may do this beyond any doubt: for what only ever lets through, leaves nothing behind, and
   * sends everybody else to `admit`. Passwords are among the doubts.
   */
  async callerOfAllowed(request: IncomingMessage, access: Access): Promise<Caller | undefined> {
    const credentials = credentialsOf(request);
    if (credentials === undefined || credentials.kind === "basic") return undefined;
    const { authenticator, origin } = this.#parts;
    const address = origin.clientAddress(request);
    const authentication = await authenticator.authenticate(credentials, { address });
    if (authentication.outcome !== "accepted") return undefined;
    const { allowed } = await this.decisionFor(authentication.caller, access);
    return allowed ? authentication.caller : undefined;
  }

  /**
   * For a request on an upload session: only whoever opened it goes on with it, also when the token has expired by now
   * (REQ-14). To anybody else there is no such session.
   * @param ownerOf who opened the session; undefined when there is none
   */
  async admitToSession(
    ctx: Context,
    access: Access,
    ownerOf: () => Promise<string | undefined>,
  ): Promise<void> {
    const caller = await this.#identify(ctx, access, { acceptExpired: true });
    const isStranger = caller.grant.kind === "bare";
    if (isStranger || principalKey(caller.principal) !== (await ownerOf())) {
      if (isStranger) throw this.#unauthorized(ctx, access);
      throw new OciError("uploadUnknown");
    }
    await this.#decide(ctx, caller, access);
  }

  /** Who opens an upload session. */
  ownerOf(ctx: Context): string {
    return principalKey(this.callerOf(ctx).principal);
  }

  callerOf(ctx: Context): Caller {
    const caller = this.#callers.get(ctx);
    if (caller === undefined) throw new Error("the caller is known only behind the gate");
    return caller;
  }

  async mayPull(ctx: Context, repository: string): Promise<boolean> {
    return (await this.decisionOn(ctx, { kind: "repository", name: repository, action: "pull" })).allowed;
  }

  async mayPush(ctx: Context, repository: string): Promise<boolean> {
    return (await this.decisionOn(ctx, { kind: "repository", name: repository, action: "push" })).allowed;
  }

  /** Whether the caller may, with these credentials, for those who only ask: nothing comes of it. */
  async decisionOn(ctx: Context, access: Access): Promise<Decision> {
    return this.decisionFor(this.callerOf(ctx), access);
  }

  async decisionFor({ principal, grant }: Caller, access: Access): Promise<Decision> {
    const decision = await this.#parts.authorizer.decide(principal, access);
    return !decision.allowed || covers(grant, access) ? decision : { allowed: false, reason: tooLimited };
  }

  /** What the caller may pull, as far as the credentials carry it. */
  async visibleTo(ctx: Context): Promise<Visibility> {
    const { principal, grant } = this.callerOf(ctx);
    return grant.kind === "actions" && !grant.actions.includes("pull")
      ? this.#parts.authorizer.visibility(anonymous)
      : this.#parts.authorizer.visibility(principal);
  }

  /** Where a blob may be mounted from when the request does not say. A token carries the repositories it names alone. */
  async mountableFor(ctx: Context): Promise<Visibility> {
    const { grant } = this.callerOf(ctx);
    if (grant.kind !== "scopes") return this.visibleTo(ctx);
    const names = grant.scopes
      .flatMap(accessesOf)
      .flatMap((access) => (access.kind === "repository" && access.action === "pull" ? [access.name] : []));
    const allowed = await Promise.all(names.map((name) => this.mayPull(ctx, name)));
    return { kind: "repositories", names: names.filter((_, index) => allowed[index]) };
  }

  async #identify(ctx: Context, access: Access, options: { acceptExpired?: boolean } = {}): Promise<Caller> {
    const credentials = credentialsOf(ctx.req);
    const isPublic = credentials?.kind === "basic" && (await this.#isPublic(access));
    const authentication: Authentication =
      credentials === undefined
        ? { outcome: "refused", reason: "Authorization must be Basic or Bearer" }
        : await this.#parts.authenticator.authenticate(credentials, {
            address: this.#parts.origin.clientAddress(ctx.req),
            ...(isPublic && { patience: "none" }),
            ...options,
          } satisfies Circumstances);
    const caller = this.#accepted(ctx, access, authentication, isPublic);
    this.#callers.set(ctx, caller);
    return caller;
  }

  #accepted(ctx: Context, access: Access, result: Authentication, isPublic: boolean): Caller {
    if (result.outcome === "accepted") return result.caller;
    // A kubelet or docker that shows the password of another registry gets what everybody gets (REQ-47).
    if (isPublic) return bareCaller;
    if (result.outcome === "later") {
      const headers = { "retry-after": String(result.retryAfterSeconds) };
      throw new OciError("tooManyAttempts", { headers });
    }
    this.#noteRefusal(ctx, "anonymous", access, result.reason);
    const isToken = /^bearer /i.test(ctx.get("authorization"));
    throw this.#unauthorized(ctx, access, {
      reason: result.reason,
      ...(isToken && { error: "invalid_token" }),
    });
  }

  async #decide(ctx: Context, caller: Caller, access: Access, refusal?: string): Promise<void> {
    const { principal, grant } = caller;
    const decision = await this.#decisionFor(caller, access);
    const isCovered = covers(grant, access);
    if (!(decision.allowed && isCovered) && (await this.#isLookBeforePush(ctx, caller, access))) return;
    if (!decision.allowed) {
      const reason = refusal ?? decision.reason;
      if (principal.kind === "anonymous") throw this.#unauthorized(ctx, access, { reason });
      this.#noteRefusal(ctx, principalName(principal), access, reason);
      throw new OciError("denied", { detail: { reason } });
    }
    if (!isCovered) throw this.#notCovered(ctx, caller, access);
    // Only a push makes a project: the admin API acts on what is there.
    if (decision.creates === undefined || answersProblems(ctx.path)) return;
    await this.#createProject(ctx, caller, decision.creates);
    // Of two who push to a missing project at once only one has made it; the other may have no right there.
    await this.#decide(ctx, caller, access, refusal);
  }

  async #createProject(ctx: Context, { principal }: Caller, project: string): Promise<void> {
    const { authorizer, trail } = this.#parts;
    if (!(await authorizer.createProject(principal, project))) return;
    const entry = { actor: principalName(principal), action: "project.create", target: project } as const;
    const detail = "by the first push into it";
    await trail.write({ ...entry, outcome: "allowed", detail, ...this.#whence(ctx) });
  }

  /**
   * To push is to look first: whoever holds a token to push into a project that does not exist yet may see that
   * nothing is there, else docker's and containerd's HEAD would end the push.
   */
  async #decisionFor({ principal, grant }: Caller, access: Access): Promise<Decision> {
    const { authorizer } = this.#parts;
    const decision = await authorizer.decide(principal, access);
    if (decision.allowed || access.kind !== "repository" || access.action !== "pull") return decision;
    const push: Access = { ...access, action: "push" };
    if (grant.kind !== "scopes" || !covers(grant, push)) return decision;
    const pushing = await authorizer.decide(principal, push);
    return pushing.allowed && pushing.creates !== undefined ? { allowed: true } : decision;
  }

  /**
   * HEAD by those who may push and not pull, or whose credentials carry no more: docker, containerd and skopeo look for
   * each blob before they send it, and docker again afterwards. Whoever may name content in a manifest can find out by
   * that, too.
   */
  async #isLookBeforePush(ctx: Context, { principal, grant }: Caller, access: Access): Promise<boolean> {
    if (ctx.method !== "HEAD" || access.kind !== "repository" || access.action !== "pull") return false;
    const push: Access = { ...access, action: "push" };
    if (!covers(grant, push)) return false;
    const pushing = await this.#parts.authorizer.decide(principal, push);
    return pushing.allowed && pushing.creates === undefined;
  }

  #notCovered(ctx: Context, { principal, grant }: Caller, access: Access): OciError {
    if (grant.kind === "scopes") return this.#unauthorized(ctx, access, { error: "insufficient_scope" });
    if (grant.kind === "bare") return this.#unauthorized(ctx, access);
    this.#noteRefusal(ctx, principalName(principal), access, tooLimited);
    return new OciError("denied", { detail: { reason: tooLimited } });
  }

  async #isPublic(access: Access): Promise<boolean> {
    if (access.kind !== "repository" || access.action !== "pull") return false;
    return (await this.#parts.authorizer.decide(anonymous, access)).allowed;
  }

  #unauthorized(
    ctx: Context,
    access: Access,
    { reason, error }: { reason?: string; error?: ChallengeError } = {},
  ): OciError {
    const { challenges } = this.#parts;
    const challenge =
      isOfAdminApi(access) || answersProblems(ctx.path)
        ? challenges.basic
        : challenges.bearer(ctx.req, access, error);
    return new OciError("unauthorized", {
      ...(reason !== undefined && { detail: { reason } }),
      headers: { "www-authenticate": challenge },
    });
  }

  #noteRefusal(ctx: Context, actor: string, access: Access, reason: string): void {
    const target = describeAccess(access);
    const entry = { actor, action: "access", target, outcome: "refused", detail: reason } as const;
    this.#parts.trail.note({ ...entry, ...this.#whence(ctx) });
  }

  #whence(ctx: Context): Pick<TrailEntry, "address" | "requestId"> {
    const { requestId } = ctx.state as RequestState;
    return { address: this.#parts.origin.clientAddress(ctx.req), requestId };
  }
}

function isOfAdminApi({ kind }: Access): boolean {
  return kind === "project" || kind === "system" || kind === "self";
}

/** `push team/app`, for the trail. */
function describeAccess(access: Access): string {
  switch (access.kind) {
    case "repository":
    case "project":
      return `${access.action} ${access.name}`;
    case "registry":
    case "catalog":
    case "system":
    case "self":
      return access.kind;
  }
}
