import { isLoopbackRegistry, registryHost } from "@imagespec/oci";

/** How long a mirror that could not be reached is passed over. */
const benchMs = 30_000;

/** A host that speaks the distribution API: a registry, or a mirror of one. */
export class Endpoint {
  /** The name that credentials and messages go by: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly isMirror: boolean;
  /** Whether this host ever answered; one that did and refuses connections now is restarting. */
  answered = false;
  /** Whether it was asked for its challenge without need for one. */
  pinged = false;
  #base: URL;
  #benchedUntil = 0;

  constructor(registry: string, base: URL, isMirror = false) {
    this.registry = registry;
    this.isMirror = isMirror;
    this.#base = base;
  }

  /** `host[:port]` as in URLs. */
  get host(): string {
    return this.#base.host;
  }

  get isPlain(): boolean {
    return this.#base.protocol === "http:";
  }

  /** An absolute address from a path with its query, or from the value of a `Location` header. */
  resolve(target: string | URL): URL {
    return new URL(target, this.#base);
  }

  /** A loopback registry is taken to speak plain HTTP until it turns out that it has TLS. */
  get mayTurnOutSecure(): boolean {
    return this.isPlain && !this.answered && isLoopbackRegistry(this.host);
  }

  useTls(on: boolean): void {
    const base = new URL(this.#base);
    base.protocol = on ? "https:" : "http:";
    this.#base = base;
  }

  bench(now: number = Date.now()): void {
    this.#benchedUntil = now + benchMs;
  }

  isBenched(now: number = Date.now()): boolean {
    return now < this.#benchedUntil;
  }
}

export interface EndpointSettings {
  readonly insecure: readonly string[];
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
}

/** Which hosts stand for a registry, and which of them may be spoken to without TLS. */
export class EndpointBook {
  readonly #plainHosts: ReadonlySet<string>;
  readonly #mirrors: Readonly<Record<string, readonly string[]>>;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(settings: EndpointSettings) {
    this.#mirrors = settings.mirrors;
    const openMirrors = Object.values(settings.mirrors)
      .flat()
      .filter((mirror) => mirror.startsWith("http://"));
    this.#plainHosts = new Set(
      [...settings.insecure.map((host) => `http://${hostOf(host)}`), ...openMirrors].map(urlHost),
    );
  }

  /** Whether plain HTTP is allowed for an address. */
  mayBePlain(url: URL): boolean {
    return url.protocol === "http:" && (isLoopbackRegistry(url.host) || this.#plainHosts.has(url.host));
  }

  /** The registry itself. */
  origin(registry: string): Endpoint {
    return this.#endpoint(registry, registryHost(registry), false);
  }

  /** Where to pull from, in order: the mirrors that are not known to be down, then the registry. */
  forPull(registry: string): readonly Endpoint[] {
    const mirrors = (this.#mirrors[registry] ?? []).map((mirror) => this.#endpoint(hostOf(mirror), mirror, true));
    return [...mirrors.filter((mirror) => !mirror.isBenched()), this.origin(registry)];
  }

  #endpoint(name: string, address: string, isMirror: boolean): Endpoint {
    const key = `${isMirror} ${address}`;
    const existing = this.#endpoints.get(key);
    if (existing !== undefined) return existing;
    const plain = new URL(`http://${hostOf(address)}`);
    const usePlain = !address.startsWith("https://") && this.mayBePlain(plain);
    const endpoint = new Endpoint(name, usePlain ? plain : new URL(`https://${hostOf(address)}`), isMirror);
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function urlHost(address: string): string {
  return new URL(address).host;
}
