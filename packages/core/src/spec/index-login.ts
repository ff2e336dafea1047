import { registerSecret } from "@imagespec/errors";
import { SecretValue } from "./secret-value.ts";

/** Credentials that stood in a URL. */
export interface IndexLogin {
  /** `https://host[:port]` */
  readonly origin: string;
  /** `user:password`, percent-encoded as a URL carries it. */
  readonly login: SecretValue;
}

const webUrl = /^((?:git\+)?https?:\/\/)([^/?#\s]*)@([^/?#\s]+)(.*)$/is;

/** A URL without its credentials, and these; only for http and https: the user of an ssh URL is no secret. */
export function splitLogin(url: string): { readonly url: string; readonly login: IndexLogin | undefined } {
  const match = webUrl.exec(url);
  if (match === null) return { url, login: undefined };
  const [, scheme = "", userinfo = "", host = "", rest = ""] = match;
  const password = userinfo.slice(userinfo.indexOf(":") + 1);
  registerSecret(password);
  registerSecret(decoded(password));
  const origin = `${scheme.toLowerCase().replace("git+", "")}${host.toLowerCase()}`;
  return { url: `${scheme}${host}${rest}`, login: { origin, login: new SecretValue(userinfo) } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
