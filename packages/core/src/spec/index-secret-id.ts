/** The id of the secret for the credentials of an index: `https://pypi.acme.dev:8443` → `index-pypi.acme.dev-8443`. */
export function indexSecretId(origin: string, taken: Set<string>): string {
  const plain = `index-${origin.replace(/^[a-z]+:\/\//, "").replace(/[^A-Za-z0-9.]+/g, "-")}`.slice(0, 120);
  let id = plain;
  for (let number = 2; taken.has(id); number++) id = `${plain}-${number}`;
  taken.add(id);
  return id;
}
