import { ImageSpecError, suggest } from "@imagespec/errors";
import { omitUndefined } from "../omit-undefined.ts";
import { quote } from "../quote.ts";

/**
 * What an image runs on, in the words of Go's GOOS and GOARCH.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions
 */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Of the architecture: `v7` of arm. */
  readonly variant?: string;
  /** Windows only, such as `10.0.20348.2340`. */
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
}

const systems = [
  ...["aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd"],
  ...["plan9", "solaris", "wasi", "wasip1", "wasip2", "windows", "zos"],
];
const architectures = [
  ...["386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le"],
  ...["riscv64", "s390x", "sparc", "sparc64", "wasm", "wasm32"],
];
const systemAliases: ReadonlyMap<string, string> = new Map([
  ["macos", "darwin"],
  ["win32", "windows"],
]);
const architectureAliases: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ["x86_64", ["amd64"]],
  ["x86-64", ["amd64"]],
  ["x64", ["amd64"]],
  ["aarch64", ["arm64"]],
  ["i386", ["386"]],
  ["i686", ["386"]],
  ["x86", ["386"]],
  ["ia32", ["386"]],
  ["armhf", ["arm", "v7"]],
  ["armv7l", ["arm", "v7"]],
  ["armv7", ["arm", "v7"]],
  ["armel", ["arm", "v6"]],
  ["armv6l", ["arm", "v6"]],
  ["armv6", ["arm", "v6"]],
  ["ppc64el", ["ppc64le"]],
]);

const form = 'write os/architecture, like "linux/amd64" or "linux/arm64"';
const component = /^[A-Za-z0-9_.-]+$/;
const systemPattern = /^([A-Za-z0-9_.-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;

/**
 * Reads `os/architecture[/variant]`, with the usual other names (`x86_64`, `aarch64`), and gives the canonical platform.
 * A version of the operating system stands in parentheses: `windows(10.0.20348.2340)/amd64`, its features after `+`.
 *
 * @throws `PLATFORM_INVALID`
 */
export function parsePlatform(text: string): Platform {
  if (typeof text !== "string") throw invalid(text, `a platform is a text, not "${typeof text}"`, form);
  if (/\s/.test(text)) throw invalid(text, undefined, "remove the white space");
  const parts = text.split("/");
  const [system = "", architecture, variant] = parts;
  if (architecture === undefined) throw invalid(text, undefined, alone(text));
  if (parts.length > 3) throw invalid(text, undefined, form);
  if (parts.includes("")) throw invalid(text, undefined, `${form}, without an empty part`);
  const match = systemPattern.exec(system);
  const name = match?.[1];
  if (name === undefined || !component.test(architecture) || (variant !== undefined && !component.test(variant)))
    throw invalid(text, undefined, form);
  const version = unescapeText(text, match?.[2] ?? "");
  const features = (match?.[3] ?? "")
    .split("+")
    .slice(1)
    .map((feature) => unescapeText(text, feature));
  const platform = normalizePlatform(
    omitUndefined({
      os: name,
      architecture,
      variant,
      "os.version": version === "" ? undefined : version,
      "os.features": features.length === 0 ? undefined : features,
    }),
  );
  refuseMisspelling(text, platform);
  return platform;
}

function alone(text: string): string {
  const architecture = normalizePlatform({ os: "linux", architecture: text }).architecture;
  return architectures.includes(architecture) ? `write ${quote(`linux/${text}`)}` : form;
}

function unescapeText(text: string, escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalid(text, undefined, "correct the percent-encoding in the parentheses", error);
  }
}

// New operating systems and architectures must not need a release of this package, so a name nobody knows passes, unless it
// is nearly one of the known.
function refuseMisspelling(text: string, platform: Platform): void {
  const os = systems.includes(platform.os) ? undefined : suggest(platform.os, systems);
  const known = architectures.includes(platform.architecture);
  const architecture = known ? undefined : suggest(platform.architecture, architectures);
  if (os === undefined && architecture === undefined) return;
  const meant = formatPlatform({
    ...platform,
    os: os ?? platform.os,
    architecture: architecture ?? platform.architecture,
  });
  throw invalid(text, undefined, `write ${quote(meant)}, if that is what you mean`);
}

function invalid(text: unknown, message: string | undefined, hint: string, cause?: unknown): ImageSpecError {
  return new ImageSpecError("PLATFORM_INVALID", message ?? `${quote(String(text))} is not a platform`, {
    hint,
    cause,
    details: { platform: text },
  });
}

/** The form that {@link parsePlatform} reads: `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  const version = platform["os.version"] ?? "";
  const features = (platform["os.features"] ?? [])
    .map((feature) => (feature === "" ? "" : `+${escapeText(feature)}`))
    .join("");
  const detail = version === "" && features === "" ? "" : `(${escapeText(version)}${features})`;
  return `${os}${detail}/${architecture}${variant === undefined || variant === "" ? "" : `/${variant}`}`;
}

function escapeText(text: string): string {
  return text.replace(/[^A-Za-z0-9_.-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

/**
 * The canonical form: lower case, Go's names, no variant where it is the default one (`arm64/v8`, `amd64/v1`), `v7` for
 * arm without a variant, sorted features. Idempotent.
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const named = platform.architecture.toLowerCase();
  const [architecture, implied] = architectureAliases.get(named) ?? [named];
  const given = platform.variant?.toLowerCase();
  const variant = canonicalVariant(architecture, given === undefined || given === "" ? implied : given);
  const features = [...new Set(platform["os.features"] ?? [])].filter((feature) => feature !== "").sort();
  return omitUndefined({
    os: systemAliases.get(os) ?? os,
    architecture,
    variant,
    "os.version": platform["os.version"] === "" ? undefined : platform["os.version"],
    "os.features": features.length === 0 ? undefined : features,
  });
}

function canonicalVariant(architecture: string, variant: string | undefined): string | undefined {
  const plain = variant !== undefined && /^[0-9]/.test(variant) ? `v${variant}` : variant;
  if (architecture === "arm") return plain ?? "v7";
  if (architecture === "arm64") return plain === "v8" || plain === "v8.0" ? undefined : plain?.replace(/^v9\.0$/, "v9");
  if (architecture === "amd64") return plain === "v1" ? undefined : plain;
  return variant;
}
