/**
 * A registry as flytekit has it: its image names are read as Docker reads them, so that a first part without dot and port is an
 * account of Docker Hub.
 */
export function dockerRegistry(registry: string): string {
  const [host = "", ...path] = registry.split("/");
  const isHost = /[.:]/.test(host) || host === "localhost";
  return isHost ? registry : ["docker.io", host, ...path].join("/");
}
