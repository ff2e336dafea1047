import { type ErrorCode, ImageSpecError } from "@imagespec/errors";

/** What was being done to which image. */
export interface RegistryTask {
  /** Without a digest or tag that nobody asked for. */
  readonly reference: string;
  readonly doing: "push" | "pull";
}

interface Pattern {
  readonly code: ErrorCode;
  readonly texts: readonly RegExp[];
}

/**
 * Words of Engines, buildkitd and containerd about what a registry did, most telling first. Recorded from Engine 20.10 to 28.5 and
 * BuildKit 0.34; the codes are those that our own client gives to the same causes.
 */
const patterns: readonly Pattern[] = [
  { code: "DIGEST_MISMATCH", texts: [/got digest \S+, expected \S+/, /digest invalid/i, /failed size validation/] },
  { code: "REGISTRY_RATE_LIMITED", texts: [/toomanyrequests/i, /\b429\b/, /rate limit/i] },
  {
    code: "REGISTRY_DENIED",
    texts: [
      /\bdenied\b(?!, repository does not exist)/,
      /403 Forbidden/i,
      /status(?: code)?[^:]*: 403/i,
      /insufficient_scope/,
    ],
  },
  {
    code: "REGISTRY_AUTH",
    texts: [
      /\bunauthorized\b/i,
      /no basic auth credentials/,
      /401 Unauthorized/i,
      /status(?: code)?[^:]*: 401/i,
      /authorization failed/,
      /failed to fetch (?:oauth|anonymous) token/,
      /incorrect username or password/i,
      /access denied, repository does not exist/,
    ],
  },
  {
    code: "REGISTRY_DOWN",
    texts: [
      /connection re(?:set|fused)/,
      /use of closed network connection/,
      /broken pipe/,
      /\bEOF\b/,
      /no such host/,
      /i\/o timeout/,
      /TLS handshake timeout/,
      /context deadline exceeded/,
      /network is unreachable/,
      /no route to host/,
      /server gave HTTP response to HTTPS client/,
      /x509: /,
      /tls: /,
    ],
  },
  { code: "REGISTRY_NOT_FOUND", texts: [/name unknown/i, /404 Not Found/i, /NAME_UNKNOWN/, /repository .*not found/] },
];

const verdicts: Readonly<Partial<Record<ErrorCode, string>>> = {
  DIGEST_MISMATCH: "found another digest than stated",
  REGISTRY_RATE_LIMITED: "limits the number of requests",
  REGISTRY_DENIED: "denied the access",
  REGISTRY_AUTH: "wants other credentials",
  REGISTRY_DOWN: "cannot be reached",
  REGISTRY_NOT_FOUND: "has nothing",
};

/** The code for what a text says of a registry; nothing when it says nothing of the kind. */
export function registryCodeOf(text: string): ErrorCode | undefined {
  const found = patterns.find(({ texts }) => texts.some((pattern) => pattern.test(text)))?.code;
  if (found !== undefined) return found;
  return /\b5\d\d\b|unexpected (?:HTTP )?status|error from registry|unknown: /.test(text)
    ? "REGISTRY_ERROR"
    : undefined;
}

/** The error for a daemon's words about a registry that refused or failed. */
export function registryFailure(text: string, { reference, doing }: RegistryTask, cause?: unknown): ImageSpecError {
  const code = registryCodeOf(text) ?? "REGISTRY_ERROR";
  const registry = registryOf(reference);
  const verdict = verdicts[code] ?? "answered with an error";
  const said = shorten(text);
  return new ImageSpecError(code, `registry "${registry}" ${verdict} for the ${doing} of "${reference}": ${said}`, {
    hint: hintFor(code, registry, doing, text),
    ...(cause === undefined ? {} : { cause }),
    details: { registry, reference },
  });
}

function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

/** Without the addresses of uploads, which are long and change each time, and the numbers of sockets. */
function shorten(text: string): string {
  return text
    .replace(/\b(https?:\/\/[^\s"?]+)\?[^\s"]*/g, "$1")
    .replace(/(?:read|write) tcp \S+->(\S+): /g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 400);
}

function hintFor(code: ErrorCode, registry: string, doing: "push" | "pull", text: string): string {
  if (/gave HTTP response to HTTPS client/.test(text))
    return `add "${registry}" to "insecure", and to the daemon's own insecure registries`;
  if (/x509: |tls: /.test(text)) return `make the daemon trust the certificate authority of "${registry}"`;
  switch (code) {
    case "REGISTRY_AUTH":
      return `log in with "docker login ${registry}" or pass credentials`;
    case "REGISTRY_DENIED":
      return `ask for the right to ${doing} ${doing === "push" ? "to" : "from"} this repository`;
    case "REGISTRY_RATE_LIMITED":
      return "wait before trying again, or log in for a higher limit";
    case "REGISTRY_DOWN":
      return `check that the daemon, not only this machine, reaches "${registry}"`;
    case "REGISTRY_NOT_FOUND":
      return doing === "push"
        ? "create the repository first, or check its name"
        : "check the name, the tag and the registry";
    case "DIGEST_MISMATCH":
      return "try again; if it happens again, check what stands between the daemon and the registry, such as a proxy";
    default:
      return "try again later, or look into the registry's log";
  }
}
