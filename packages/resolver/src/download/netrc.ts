/** User name and password for one host. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The logins of a netrc file, by host; `default` applies to all others. Macro definitions are skipped. */
export function parseNetrc(text: string): ReadonlyMap<string, Login> {
  const logins = new Map<string, Login>();
  const withoutMacros = text.replace(/(^|\n)\s*macdef[^\n]*\n(?:[^\n]+\n)*/g, "$1").replace(/(^|\s)#[^\n]*/g, "$1");
  const tokens = withoutMacros.split(/\s+/).filter((token) => token !== "");
  let host: string | undefined;
  let username = "";
  let password = "";
  const keep = () => {
    if (host !== undefined && password !== "" && !logins.has(host)) logins.set(host, { username, password });
    username = "";
    password = "";
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === "machine") {
      keep();
      host = tokens[++at]?.toLowerCase();
    } else if (token === "default") {
      keep();
      host = "default";
    } else if (token === "login") username = tokens[++at] ?? "";
    else if (token === "password") password = tokens[++at] ?? "";
    else if (token === "account") at++;
  }
  keep();
  return logins;
}
