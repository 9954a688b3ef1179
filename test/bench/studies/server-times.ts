// How long the HTTP servers of this process take for what they are asked, by Node's own diagnostics: to tell the time of
// a test server from the time of whoever calls it.
import { subscribe, unsubscribe } from "node:diagnostics_channel";

export interface ServerTimes {
  /** Milliseconds of all requests since the last call, one after the other. */
  take(): number;
  stop(): void;
}

export function serverTimes(): ServerTimes {
  const begun = new WeakMap<object, number>();
  let sum = 0;
  const onStart = (message: unknown): void => {
    begun.set((message as { request: object }).request, performance.now());
  };
  const onFinish = (message: unknown): void => {
    const start = begun.get((message as { request: object }).request);
    if (start !== undefined) sum += performance.now() - start;
  };
  subscribe("http.server.request.start", onStart);
  subscribe("http.server.response.finish", onFinish);
  return {
    take: () => {
      const taken = sum;
      sum = 0;
      return taken;
    },
    stop: () => {
      unsubscribe("http.server.request.start", onStart);
      unsubscribe("http.server.response.finish", onFinish);
    },
  };
}
