import type { TargetEnvironment } from "@imagespec/core";
import { compatibleTags } from "./compatible-tags.ts";
import { parseWheelName } from "./wheel-name.ts";

const ranks = new Map<string, ReadonlyMap<string, number>>();

function rankOf(target: TargetEnvironment): ReadonlyMap<string, number> {
  const key = `${target.platform} ${target.pythonVersion} ${target.libc.kind} ${target.libc.version}`;
  let rank = ranks.get(key);
  if (rank === undefined) {
    rank = new Map(compatibleTags(target).map((tag, position) => [tag, position]));
    ranks.set(key, rank);
  }
  return rank;
}

/** The wheel that fits a target best, or nothing. Equal tags: the higher build number, then the name. */
export function chooseWheel<T extends { readonly filename: string }>(
  wheels: readonly T[],
  target: TargetEnvironment,
): T | undefined {
  const rank = rankOf(target);
  let best: { readonly wheel: T; readonly rank: number; readonly build: number } | undefined;
  for (const wheel of [...wheels].sort((a, b) => (a.filename < b.filename ? -1 : 1))) {
    const name = parseWheelName(wheel.filename);
    let position = Number.POSITIVE_INFINITY;
    for (const python of name.pythonTags) {
      for (const abi of name.abiTags) {
        for (const platform of name.platformTags)
          position = Math.min(position, rank.get(`${python}-${abi}-${platform}`) ?? position);
      }
    }
    if (position === Number.POSITIVE_INFINITY) continue;
    const build = Number.parseInt(name.build ?? "0", 10);
    if (best === undefined || position < best.rank || (position === best.rank && build > best.build)) {
      best = { wheel, rank: position, build };
    }
  }
  return best?.wheel;
}
