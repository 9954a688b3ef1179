// The URL under which clients reach the registry: only scheme, host and port of it can be used.
import { z } from "zod";

/** Returns what is wrong with the text as a public URL, or undefined. */
function fault(text: string): string | undefined {
  if (!URL.canParse(text)) return "must be a URL such as https://registry.example.com";
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password: it is sent to every client";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return "must end after the host or port: clients look for /v2/ at the root of a host and nowhere else";
  }
  return undefined;
}

/** Accepts a trailing slash and drops it. */
export const publicUrl = z.string().check((context) => {
  const message = fault(context.value);
  if (message === undefined) context.value = new URL(context.value).origin;
  else context.issues.push({ code: "custom", message, input: context.value });
});
