/** The stable id of the secret that stands for a `pipSecretMounts` entry: `/root/.netrc` → `mount-root-netrc`. */
export function mountSecretId(target: string): string {
  const slug = target.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `mount-${slug}`.slice(0, 128);
}
