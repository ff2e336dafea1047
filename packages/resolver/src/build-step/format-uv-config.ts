import type { ResolvedImageSpec } from "@imagespec/core";
import { stringify } from "smol-toml";
import type { UvSettings } from "../uv/detect.ts";

/**
 * A `uv.toml` with the indexes of the machine, as far as the spec does not name its own; nothing when there is nothing to say.
 * Logins are left out of the URLs: they are for a netrc.
 */
export function formatUvConfig(
  spec: Pick<ResolvedImageSpec, "pipIndex">,
  settings: Pick<UvSettings, "index" | "extraIndexes" | "insecureHosts">,
): string | undefined {
  const index = [
    ...settings.extraIndexes.map(namedIndex),
    ...(spec.pipIndex === undefined && settings.index !== undefined
      ? [{ url: withoutLogin(settings.index), default: true }]
      : []),
  ];
  const hosts = settings.insecureHosts;
  if (index.length === 0 && hosts.length === 0) return undefined;
  return stringify({
    ...(hosts.length === 0 ? {} : { "allow-insecure-host": [...hosts] }),
    ...(index.length === 0 ? {} : { index }),
  });
}

/** `UV_INDEX` may hold `name=url`. */
function namedIndex(text: string): Readonly<Record<string, string>> {
  const [, name, url = text] = /^([\w.-]+)=(.*)$/.exec(text) ?? [];
  return name === undefined ? { url: withoutLogin(url) } : { name, url: withoutLogin(url) };
}

/** What is no URL is left as it is: uv says what is wrong with it. */
function withoutLogin(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.href;
}
