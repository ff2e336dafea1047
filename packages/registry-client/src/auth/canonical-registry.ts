const dockerHub = new Set(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

/** The one name of a registry that has several: every name of Docker Hub becomes `docker.io`; host names are lower case. */
export function canonicalRegistry(registry: string): string {
  const host = registry.toLowerCase();
  return dockerHub.has(host) ? "docker.io" : host;
}
