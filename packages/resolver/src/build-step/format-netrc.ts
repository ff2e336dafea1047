import type { IndexAccess } from "../download/index-access.ts";

/**
 * A netrc with the logins for the hosts of some URLs; nothing when there are none. The format has neither escapes nor quotes that
 * all readers know, so a login with a space or control character in it is left out.
 */
export function formatNetrc(access: Pick<IndexAccess, "loginFor">, urls: Iterable<string>): string | undefined {
  const lines = new Map<string, string>();
  for (const text of urls) {
    if (!/^https?:/.test(text) || !URL.canParse(text)) continue;
    const url = new URL(text);
    const login =
      url.username === ""
        ? access.loginFor(url)
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    if (login === undefined || lines.has(url.hostname)) continue;
    const { username, password } = login;
    if (/[\s\p{Cc}]/u.test(username + password) || username === "") continue;
    lines.set(url.hostname, `machine ${url.hostname}\nlogin ${username}\npassword ${password}\n`);
  }
  return lines.size === 0 ? undefined : [...lines.values()].join("");
}
