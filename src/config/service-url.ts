// The address of somebody else's service: a scheme, a host, maybe a port and a path; nothing that would be shown to others.
import { z } from "zod";

/** Returns what is wrong with the text, or undefined. */
function fault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return "must begin with https:// or http://, as in https://registry.example.com";
  }
  if (url.username !== "" || url.password !== "") {
    return "must not hold a user name or a password: those have keys of their own";
  }
  return url.search === "" && url.hash === "" ? undefined : "must end with its path, without a query";
}

export const serviceUrl = z.string().check((context) => {
  const message = fault(context.value);
  if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
});
