/** Headers in which a registry names itself. */
const naming = ["location", "link", "www-authenticate"] as const;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers of a response in which the target's address is replaced by the proxy's; paths and queries stay to the letter. */
export function withOwnAddresses<T extends Headers>(headers: T, target: URL, ownOrigin: string): T {
  const host = target.host.replace(/[.[\]]/g, "\\$&");
  const address = new RegExp(`https?://${host}(?=[/?#">]|$)`, "gi");
  const changed: Record<string, string | readonly string[]> = {};
  for (const name of naming) {
    const value = headers[name];
    if (typeof value === "string") changed[name] = value.replace(address, () => ownOrigin);
    else if (value !== undefined) changed[name] = value.map((text) => text.replace(address, () => ownOrigin));
  }
  return { ...headers, ...changed };
}
