// Logins over TLS, where passwords belong: Berth's own with an authority that clients are told of, and nginx's in front.
// Each client must be sent for its token to the address that it used itself, or to the public one (REQ-53).
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueCertificate } from "../support/certificates.ts";
import { DockerEngine } from "../support/clients/docker-engine.ts";
import { DockerUser } from "../support/clients/docker-user.ts";
import { FrontClient } from "../support/clients/front-client.ts";
import { docker } from "../support/clients/installed-client.ts";
import { createScratchFolder, removeScratchFolder } from "../support/clients/scratch-folder.ts";
import { SlowLink } from "../support/clients/slow-link.ts";
import { type Login, parseChallenge } from "../support/clients/token-login.ts";
import { accountsForThisFile, type AccountsBerth, itKeepsItsSecrets } from "./accounts-process.ts";
import {
  type FrontName,
  frontNames,
  type Fronts,
  frontTitles,
  nginx,
  portsForFronts,
  startFronts,
} from "./proxy-fronts.ts";
import { secureClients, type SecureRegistry } from "./secure-clients.ts";

/** A developer of the private project `team`. */
async function addDeveloper(accounts: AccountsBerth): Promise<Login> {
  const maria = await accounts.addUser("maria");
  await accounts.command("project", "add", "team");
  await accounts.command("project", "member", "set", "team", "maria", "--role", "developer");
  return maria;
}

/** Where a client at this origin is sent for its token. */
async function realmAt(origin: string, authority: string): Promise<string> {
  const client = new FrontClient(origin, authority, false);
  try {
    const answer = await client.ask("GET", "/v2/");
    expect(answer.status).toBe(401);
    return parseChallenge(String(answer.headers["www-authenticate"])).realm;
  } finally {
    await client.close();
  }
}

describe("Berth's own TLS", () => {
  let folder: string;
  let link: SlowLink;
  let maria: Login;
  const authority = (): string => join(folder, "trusted/ca.crt");
  /** Not within 127.0.0.0/8, where docker does without certificates. */
  const outside = { name: "registry.test", address: "::1" };
  const accounts = accountsForThisFile(async () => {
    folder = await createScratchFolder();
    const ca = await issueCertificate(folder, "ca", { isAuthority: true, names: "" });
    const names = `IP:127.0.0.1,DNS:localhost,DNS:${outside.name}`;
    const { cert, key } = await issueCertificate(folder, "server", { by: ca, names });
    await mkdir(join(folder, "trusted"));
    await rename(ca.cert, authority());
    return { environment: { BERTH_HTTP_TLS_CERT: cert, BERTH_HTTP_TLS_KEY: key }, authority: ca.pem };
  });
  beforeAll(async () => {
    maria = await addDeveloper(accounts.current);
    link = await SlowLink.start(accounts.current.host, { address: outside.address });
  });
  afterAll(async () => {
    await link.close();
    await removeScratchFolder(folder);
  });

  it("sends for tokens to the address that the client used, over https", async () => {
    const { host } = accounts.current;
    expect(await realmAt(`https://${host}`, authority())).toBe(`https://${host}/token`);
    const other = host.replace("127.0.0.1", "localhost");
    expect(await realmAt(`https://${other}`, authority())).toBe(`https://${other}/token`);
  });

  for (const { title, missing, pushAndPull } of secureClients) {
    it.skipIf(missing)(`is good enough for ${title} to log in, push and pull`, async () => {
      const { current } = accounts;
      const registry: SecureRegistry = {
        host: title.startsWith("docker") ? `${outside.name}:${link.port}` : current.host,
        authority: authority(),
        hosts: [`${outside.address} ${outside.name}`],
        plant: (secret) => current.secrets.plant(secret),
      };
      const [pushed, pulled] = await pushAndPull(registry, maria, `team/${title.split(" ")[0] ?? ""}`);
      expect(pushed).toMatch(/^sha256:\w{64}$/);
      expect(pulled).toBe(pushed);
    });
  }

  it.skipIf(docker.missing)(
    `is refused by ${docker.title} that has not been told of its authority`,
    async () => {
      const engine = await DockerEngine.start({ hosts: [`${outside.address} ${outside.name}`] });
      const person = await DockerUser.create(engine);
      try {
        const login = person.login(`${outside.name}:${link.port}`, maria);
        await expect(login).rejects.toThrow(/x509: certificate signed by unknown authority/);
      } finally {
        await person.close();
        await engine.close();
      }
    },
  );

  itKeepsItsSecrets(accounts);
});

for (const { what, front, settings } of [
  {
    what: "http.trustedProxies",
    front: "shipped",
    settings: () => ({ BERTH_HTTP_TRUSTED_PROXIES: '["loopback"]' }),
  },
  {
    what: "http.publicUrl",
    front: "tls",
    settings: (publicUrl) => ({ BERTH_HTTP_PUBLIC_URL: publicUrl }),
  },
] satisfies { what: string; front: FrontName; settings: (publicUrl: string) => Record<string, string> }[]) {
  describe.skipIf(nginx.missing)(`${nginx.title} with ${what}: ${frontTitles[front]}`, () => {
    let ports: number[];
    let publicUrl: string;
    let fronts: Fronts;
    let maria: Login;
    const accounts = accountsForThisFile(async () => {
      ports = await portsForFronts();
      publicUrl = `https://127.0.0.1:${ports[frontNames.indexOf(front)]}`;
      return { environment: settings(publicUrl) };
    });
    beforeAll(async () => {
      fronts = await startFronts(accounts.current.host, { ports });
      maria = await addDeveloper(accounts.current);
    });
    afterAll(() => fronts.close());

    it("sends for tokens to the front, whatever address Berth has behind it", async () => {
      const { authority } = fronts.certificates;
      expect(await realmAt(publicUrl, authority)).toBe(`${publicUrl}/token`);
      if (what !== "http.publicUrl") return;
      for (const origin of [fronts.of("wrong host").origin, `http://${accounts.current.host}`]) {
        expect(await realmAt(origin, authority)).toBe(`${publicUrl}/token`);
      }
    });

    for (const { title, missing, pushAndPull } of secureClients) {
      it.skipIf(missing)(`lets ${title} log in, push and pull`, async () => {
        const registry: SecureRegistry = {
          host: new URL(publicUrl).host,
          authority: fronts.certificates.authority,
          plant: (secret) => accounts.current.secrets.plant(secret),
        };
        const [pushed, pulled] = await pushAndPull(registry, maria, `team/${title.split(" ")[0] ?? ""}`);
        expect(pushed).toMatch(/^sha256:\w{64}$/);
        expect(pulled).toBe(pushed);
      });
    }

    itKeepsItsSecrets(accounts);
  });
}
