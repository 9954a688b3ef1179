// Credentials for a Berth with accounts.
export function basicHeader(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

/** A bearer token, as docker fetches it. */
export async function fetchToken(url: string, scope: string, authorization: string): Promise<string> {
  const address = `${url}/token?service=berth&scope=${scope}`;
  const answer = await fetch(address, { headers: { authorization } });
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}
