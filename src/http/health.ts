// For load balancers and orchestrators: no authentication, no registry semantics (REQ-70c).
import type { Middleware } from "koa";

export interface Health {
  /** Resolves when requests can be served; its rejection is the reason why not. */
  readonly ready: () => Promise<void>;
}

/** `/livez`: the process answers. `/readyz`: its stores answer too, and it is not on its way out. `/`: something is here. */
export function healthRoutes(health: Health): Middleware {
  return async (ctx, next) => {
    const asked = ctx.method === "GET" || ctx.method === "HEAD" ? ctx.path : undefined;
    switch (asked) {
      case "/":
        ctx.body = { berth: "an OCI registry: its API is at /v2/" };
        return;
      case "/livez":
        ctx.body = { status: "alive" };
        return;
      case "/readyz":
        await answerReadiness(health, ctx);
        return;
      default:
        await next();
    }
  };
}

async function answerReadiness(health: Health, ctx: Parameters<Middleware>[0]): Promise<void> {
  ctx.set("cache-control", "no-store");
  try {
    await health.ready();
    ctx.body = { status: "ready" };
  } catch (error) {
    ctx.status = 503;
    ctx.body = { status: "not ready", reason: error instanceof Error ? error.message : "unknown" };
  }
}
