import { normalizePlatform, type Platform } from "./platform.ts";

const baseline: Readonly<Record<string, readonly [number, number]>> = { arm64: [8, 0], amd64: [1, 0] };

/** A variant of an architecture whose variants build on each other, as numbers. */
function levelOf({ architecture, variant }: Platform): readonly [major: number, minor: number] | undefined {
  if (architecture !== "arm" && architecture !== "arm64" && architecture !== "amd64") return undefined;
  if (variant === undefined) return baseline[architecture];
  const match = /^v([0-9]{1,3})(?:\.([0-9]{1,3}))?$/.exec(variant);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0)];
}

/**
 * Whether an image offered for one platform runs where another is wanted.
 *
 * The architecture must be the same; a lower variant runs on a higher one (arm v6 on v7, amd64 on amd64 v3). A wanted Windows
 * version wants the same build (the first three numbers). Offered features must be among the wanted ones, when some are named.
 */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  const want = normalizePlatform(wanted);
  const offer = normalizePlatform(offered);
  if (want.os !== offer.os || want.architecture !== offer.architecture) return false;
  return variantRuns(want, offer) && versionRuns(want, offer) && featuresRun(want, offer);
}

function variantRuns(want: Platform, offer: Platform): boolean {
  if (want.variant === offer.variant) return true;
  const wanted = levelOf(want);
  const offered = levelOf(offer);
  if (wanted === undefined || offered === undefined) return offer.variant === undefined;
  // Armv9.n is Armv8.(n+5) and more, and no Armv8 has what Armv9.0 adds.
  if (want.architecture === "arm64" && wanted[0] === 9 && offered[0] === 8) return offered[1] <= wanted[1] + 5;
  return offered[0] < wanted[0] || (offered[0] === wanted[0] && offered[1] <= wanted[1]);
}

function versionRuns(want: Platform, offer: Platform): boolean {
  const wanted = want["os.version"];
  const offered = offer["os.version"];
  if (wanted === undefined || offered === undefined) return true;
  if (want.os !== "windows") return wanted === offered;
  const build = wanted.split(".").slice(0, 3);
  const numbers = offered.split(".");
  return build.every((part, index) => part === numbers[index]);
}

function featuresRun(want: Platform, offer: Platform): boolean {
  const wanted = want["os.features"];
  return wanted === undefined || (offer["os.features"] ?? []).every((feature) => wanted.includes(feature));
}

/** A total order for sorting: operating system, architecture, variant (by number), version (by number), features. */
export function comparePlatforms(a: Platform, b: Platform): number {
  const left = normalizePlatform(a);
  const right = normalizePlatform(b);
  return (
    compareText(left.os, right.os) ||
    compareText(left.architecture, right.architecture) ||
    compareVariants(left, right) ||
    compareVersions(left["os.version"] ?? "", right["os.version"] ?? "") ||
    compareText(JSON.stringify(left["os.features"] ?? []), JSON.stringify(right["os.features"] ?? []))
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareVariants(a: Platform, b: Platform): number {
  const left = levelOf(a);
  const right = levelOf(b);
  if (left !== undefined && right !== undefined)
    return left[0] - right[0] || left[1] - right[1] || compareText(a.variant ?? "", b.variant ?? "");
  // Variants without a number stand behind those with one, else the order would have cycles.
  if (left !== undefined || right !== undefined) return left !== undefined ? -1 : 1;
  return compareText(a.variant ?? "", b.variant ?? "");
}

function compareVersions(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const one = left[index] ?? "";
    const other = right[index] ?? "";
    const numeric = /^[0-9]{1,15}$/;
    const areNumbers = [numeric.test(one), numeric.test(other)];
    const order =
      areNumbers[0] === areNumbers[1]
        ? (areNumbers[0] ? Number(one) - Number(other) : 0) || compareText(one, other)
        : areNumbers[0]
          ? -1
          : 1;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * The item that fits a wanted platform best: of those that match, the highest variant (the exact one, where there is), then the
 * exact version, then the highest version, then the first. Items without a platform are never chosen.
 */
export function selectPlatform<T extends { readonly platform?: Platform }>(
  items: readonly T[],
  wanted: Platform,
): T | undefined {
  let best: { readonly item: T; readonly platform: Platform } | undefined;
  for (const item of items) {
    if (item.platform === undefined || !matchesPlatform(wanted, item.platform)) continue;
    const platform = normalizePlatform(item.platform);
    if (best === undefined || fitsBetter(normalizePlatform(wanted), platform, best.platform)) best = { item, platform };
  }
  return best?.item;
}

function fitsBetter(wanted: Platform, candidate: Platform, best: Platform): boolean {
  if (candidate.variant !== best.variant) {
    if (best.variant === wanted.variant) return false;
    return candidate.variant === wanted.variant || compareVariants(candidate, best) > 0;
  }
  const version = wanted["os.version"];
  if (version !== undefined && (candidate["os.version"] === version) !== (best["os.version"] === version))
    return candidate["os.version"] === version;
  return compareVersions(candidate["os.version"] ?? "", best["os.version"] ?? "") > 0;
}
