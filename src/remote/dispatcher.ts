// The connections to one upstream and to where it sends us: TLS, client certificate, proxy. The only place that makes
// undici's agents, which it closes, too.
import type { Dispatcher, Pool } from "undici";
import { chooseProxy, type Environment } from "./proxy-choice.ts";
import { RemoteError } from "./remote-error.ts";
import type { RemoteOptions } from "./remote-options.ts";
import { TlsMaterial, type SecureContexts } from "./tls-material.ts";

/** Loaded by whoever asks an upstream: it takes a tenth of the time to start, and 10 MiB. */
const loadUndici = () => import("undici");
type Undici = Awaited<ReturnType<typeof loadUndici>>;

const idleMilliseconds = 15_000;

export class Connections {
  readonly #options: RemoteOptions;
  readonly #ownHost: string;
  readonly #proxyFor: (url: URL) => string | undefined;
  readonly #material: TlsMaterial;
  #contexts: Promise<SecureContexts> | undefined;
  #dispatchers = new Map<string, Dispatcher>();
  /** All that may carry something. An agent that closes forgets its own, and could not end what runs on them. */
  readonly #pools = new Set<Pool>();
  #closed = false;

  constructor(options: RemoteOptions, environment: Environment) {
    this.#options = options;
    this.#ownHost = new URL(options.url).hostname;
    this.#proxyFor = chooseProxy(options.proxy, environment);
    this.#material = new TlsMaterial(options, environment);
  }

  async dispatcherFor(url: URL): Promise<Dispatcher> {
    const undici = await loadUndici();
    const reading = (this.#contexts ??= this.#material.read());
    const contexts = await reading.catch((error: unknown) => {
      if (this.#contexts === reading) this.#contexts = undefined;
      throw error;
    });
    // The files changed meanwhile: an agent of what they were would stay.
    if (this.#contexts !== reading && !this.#closed) return await this.dispatcherFor(url);
    if (this.#closed) throw new RemoteError("connection", "the connections to this upstream are closed");
    const proxy = this.#proxyFor(url);
    const whose = url.hostname === this.#ownHost ? "own" : "other";
    const key = `${whose} ${proxy ?? ""}`;
    const dispatcher =
      this.#dispatchers.get(key) ?? this.#make(undici, contexts[whose], contexts.other, proxy);
    this.#dispatchers.set(key, dispatcher);
    return dispatcher;
  }

  /**
   * After a connection failed: certificates are renewed by whoever wrote their files.
   * @returns whether the files changed, so that the next connection may fare better
   */
  async refresh(): Promise<boolean> {
    if (this.#closed || !(await this.#material.changed())) return false;
    const old = [...this.#dispatchers.values()];
    this.#dispatchers = new Map();
    this.#contexts = undefined;
    // With what runs on them.
    for (const dispatcher of old) dispatcher.close().catch(() => undefined);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#dispatchers.values(), ...this.#pools];
    this.#dispatchers = new Map();
    this.#pools.clear();
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  #make(
    undici: Undici,
    own: SecureContexts["own"],
    other: SecureContexts["other"],
    proxy: string | undefined,
  ): Dispatcher {
    const patience = this.#options.headersSeconds * 1000;
    const tls = { rejectUnauthorized: !this.#options.insecure, timeout: patience };
    const connect = { ...tls, secureContext: own };
    // Deadlines of single requests are the exchange's: it knows when one began. Bodies have theirs with each request.
    const factory = (origin: string | URL, given: object) => this.#open(undici, origin, given);
    const shared = { keepAliveTimeout: idleMilliseconds, headersTimeout: 0, factory };
    if (proxy === undefined) return new undici.Agent({ ...shared, connect });
    return new undici.ProxyAgent({
      ...shared,
      uri: proxy,
      // Plain http is asked of the proxy itself: many let CONNECT through to port 443 alone.
      proxyTunnel: false,
      requestTls: connect,
      proxyTls: { ...tls, secureContext: other },
      clientFactory: (origin, given) =>
        withoutEndlessTunnels(this.#open(undici, origin, { ...given, headersTimeout: patience })),
    });
  }

  #open({ Pool }: Undici, origin: string | URL, options: Pool.Options): Pool {
    for (const pool of this.#pools) if (pool.destroyed) this.#pools.delete(pool);
    const opened = new Pool(origin, options);
    this.#pools.add(opened);
    return opened;
  }
}

/** The one of undici's ways to ask for a tunnel that its agent uses. */
interface Tunnels {
  connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>;
}

/**
 * When a proxy hangs up instead of answering CONNECT, undici's agent asks it again at once and for ever, and the request
 * can't even be given up (nodejs/undici#3897): it takes the error for that of an idle connection, by its code. As a cause
 * of another it is not seen.
 */
function withoutEndlessTunnels(pool: Pool): Pool {
  const tunnels: Tunnels = pool;
  const connect = tunnels.connect.bind(pool);
  const connectOnce: Tunnels["connect"] = async (options) => {
    try {
      return await connect(options);
    } catch (cause) {
      throw new Error("the proxy made no tunnel", { cause });
    }
  };
  return Object.defineProperty(pool, "connect", { value: connectOnce });
}
