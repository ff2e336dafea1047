import { ImageSpecError } from "@imagespec/errors";
import { quote } from "../quote.ts";

/** Docker Hub's name in references; its API answers elsewhere, see {@link registryHost}. */
export const dockerHub = "docker.io";
const dockerHubLegacy = "index.docker.io";
const dockerHubApi = "registry-1.docker.io";

const domainName =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*$/;

/** A problem with part of a reference: what is wrong, and what to do. */
export interface ReferenceProblem {
  readonly message: string;
  readonly hint: string;
}

/** Whether the first component of a name is a registry and not a Docker Hub namespace. */
export function looksLikeRegistry(component: string): boolean {
  return component === "localhost" || /[.:]/.test(component) || component.toLowerCase() !== component;
}

/** What is wrong with `host[:port]`; nothing when it follows the distribution grammar. */
export function registryProblem(text: string): ReferenceProblem | undefined {
  const close = text.startsWith("[") ? text.indexOf("]") : undefined;
  if (close === -1)
    return { message: "the IPv6 address lacks its closing bracket", hint: 'write it like "[::1]:5000"' };
  if (close === undefined && text.indexOf(":") !== text.lastIndexOf(":"))
    return {
      message: `the registry ${quote(text)} has more than one colon`,
      hint: 'put an IPv6 address in brackets, like "[::1]:5000", or remove a colon',
    };
  const colon = text.indexOf(":", close);
  const host = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? undefined : text.slice(colon + 1);
  if (host === "") return { message: "the registry has no host", hint: 'write the host first, like "localhost:5000"' };
  if (host.startsWith("[")) {
    if (!isIpv6(host.slice(1, -1)))
      return {
        message: `${quote(host)} is not an IPv6 address in brackets`,
        hint: 'write the address in hexadecimal and without a zone, like "[fd00::1]"',
      };
  } else if (!domainName.test(host)) {
    return {
      message: `${quote(host)} is not a host name`,
      hint: host.includes("_")
        ? "use a host name without underscores"
        : "use letters, digits, inner hyphens, and single dots between the parts",
    };
  }
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return {
      message: `the port ${quote(port)} is not a number from 1 to 65535`,
      hint: "correct the port, or remove it",
    };
  return undefined;
}

function isIpv6(address: string): boolean {
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

/** The canonical name of a registry: Docker Hub's older name becomes `docker.io`, any other stays. */
export function canonicalRegistry(registry: string): string {
  return registry === dockerHubLegacy ? dockerHub : registry;
}

/**
 * Reads a registry: `host[:port]`, an IPv6 address in brackets. `index.docker.io` becomes `docker.io`.
 *
 * A host that a reference would take for a Docker Hub namespace (`acme`: no dot, no port, not `localhost`) is refused.
 *
 * @throws `REFERENCE_INVALID`
 */
export function parseRegistry(text: string): string {
  const problem = wholeProblem(text);
  if (problem !== undefined)
    throw new ImageSpecError("REFERENCE_INVALID", problem.message, {
      hint: problem.hint,
      // What stands before an "@" may be a password.
      details: typeof text === "string" && text.includes("@") ? {} : { registry: text },
    });
  return canonicalRegistry(text);
}

function wholeProblem(text: unknown): ReferenceProblem | undefined {
  const form = 'write a host with an optional port, like "ghcr.io" or "localhost:5000"';
  if (typeof text !== "string") return { message: `a registry is a text, not "${typeof text}"`, hint: form };
  if (text === "") return { message: 'the registry is ""', hint: form };
  if (text.includes("@"))
    return {
      message: 'a registry does not contain "@"',
      hint: "remove the user name and password: credentials come from docker login",
    };
  const message = `${quote(text)} is not a registry`;
  if (/\s/.test(text)) return { message: `${message}: it contains white space`, hint: "remove the white space" };
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.exec(text)?.[0];
  if (scheme !== undefined)
    return { message: `${message}: it starts with ${quote(scheme)}`, hint: `remove ${quote(scheme)}` };
  const slash = text.indexOf("/");
  if (slash >= 0)
    return {
      message: `${message}: it contains a path`,
      hint:
        text.length === slash + 1
          ? 'remove the "/" at its end'
          : `use ${quote(text.slice(0, slash))} and put ${quote(text.slice(slash + 1))} in the image's name`,
    };
  const problem = registryProblem(text);
  if (problem !== undefined) return { message: `${message}: ${problem.message}`, hint: problem.hint };
  if (!looksLikeRegistry(text))
    return {
      message: `${message}: a reference takes it for a Docker Hub namespace`,
      hint: `add its domain or port (${quote(`${text}:443`)}), or use "docker.io" for the Docker Hub account`,
    };
  return undefined;
}

/** The host (and port) at which a registry's API answers: `registry-1.docker.io` for Docker Hub, else the registry itself. */
export function registryHost(registry: string): string {
  return canonicalRegistry(registry) === dockerHub ? dockerHubApi : registry;
}

/** Whether a registry is on this machine: `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port. */
export function isLoopbackRegistry(registry: string): boolean {
  const host = registry.replace(/:[0-9]+$/, "").toLowerCase();
  if (host === "localhost") return true;
  if (/^\[.*\]$/.test(host)) return isIpv6(host.slice(1, -1)) && /^[0:]*:0{0,3}1$/.test(host.slice(1, -1));
  const octets = host.split(".");
  return (
    octets.length === 4 &&
    octets[0] === "127" &&
    octets.every((octet) => /^[0-9]{1,3}$/.test(octet) && Number(octet) < 256)
  );
}
