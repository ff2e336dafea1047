import { ImageSpecError } from "@imagespec/errors";
import { parseImageReference } from "@imagespec/oci";
import type { ImageSpecBuilder } from "../builder/builder.ts";
import type { LockedBase } from "../builder/locked-base.ts";
import { distributionsFor } from "../lock/platform-marker.ts";
import type { Json } from "../spec/json.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { EngineContext } from "./engine-context.ts";
import { BaseOpener } from "./open-base.ts";

/** How a base is looked at. */
export interface BaseLook {
  readonly engine: EngineContext;
  /** What the base of the spec is locked to now. */
  readonly previous: Json | undefined;
  readonly upgrade: boolean;
  readonly signal: AbortSignal;
}

/**
 * What the base of a spec of one platform is; of a base that is not built yet, what it will be. A base that is another spec
 * has to be locked already.
 *
 * @throws NO_BUILDER when no builder can lock; BASE_NOT_FOUND, BASE_UNSUPPORTED and what the builder rejects with
 */
export async function lookAtBase(spec: ResolvedImageSpec, look: BaseLook): Promise<LockedBase> {
  const base = spec.resolvedBase;
  if (base.kind !== "image") return askBuilder(spec, look);
  const { image } = base;
  const [platform = ""] = spec.platforms;
  const below = image.resolvedBase;
  if (below.kind === "debian") return askBuilder(image, { ...look, previous: below.lock?.[platform] ?? look.previous });
  const previous =
    below.kind === "image" && below.image.resolvedBase.kind === "debian"
      ? below.image.resolvedBase.lock?.[platform]
      : undefined;
  const facts = await lookAtBase(image, { ...look, previous, upgrade: false });
  const own = distributionsFor(image.lock?.distributions ?? [], platform);
  return {
    python: pythonOf(image, facts),
    libc: facts.libc,
    distributions: { ...facts.distributions, ...Object.fromEntries(own.map(({ name, version }) => [name, version])) },
  };
}

/** The Python of the image: that of the base where it is what the spec asks for, else the one asked for. */
export function pythonOf(
  { pythonVersion }: Pick<ResolvedImageSpec, "pythonVersion">,
  { python }: Pick<LockedBase, "python">,
): string | undefined {
  if (pythonVersion === undefined || python === undefined) return pythonVersion ?? python;
  return python === pythonVersion || python.startsWith(`${pythonVersion}.`) ? python : pythonVersion;
}

/** The builder that locks a spec: the one that it names, else the first that can. @throws NO_BUILDER */
export function lockingBuilder(
  spec: Pick<ResolvedImageSpec, "builder">,
  engine: Pick<EngineContext, "builders">,
): ImageSpecBuilder {
  const able = engine.builders().filter(({ builder }) => builder.lockBase !== undefined);
  const chosen = able.find(({ name }) => name === spec.builder) ?? able[0];
  if (chosen !== undefined) return chosen.builder;
  throw new ImageSpecError("NO_BUILDER", "no builder can say what a base image consists of, which a lock needs", {
    hint: "install @imagespec/builder-assemble",
  });
}

async function askBuilder(spec: ResolvedImageSpec, look: BaseLook): Promise<LockedBase> {
  const { engine, previous, upgrade, signal } = look;
  const builder = lockingBuilder(spec, engine);
  const { cacheFolder } = engine;
  const registryClient = await engine.registryClient();
  const notMade = async (): Promise<never> => {
    throw new ImageSpecError("INTERNAL", "a base of the engine's own is looked at by its spec");
  };
  await using opener = new BaseOpener(spec, registryClient, notMade, signal);
  const facts = await builder.lockBase?.(spec, {
    base: () => opener.open(spec.platforms[0] ?? ""),
    previous,
    upgrade,
    registryClient,
    store: await engine.store(),
    cacheFolder,
    signal,
  });
  if (facts === undefined) throw new ImageSpecError("INTERNAL", `builder "${builder.name}" cannot lock`);
  return facts;
}

/** What a reference points to now. @throws BASE_NOT_FOUND, REGISTRY_… */
export async function currentDigest(
  reference: string,
  spec: ResolvedImageSpec,
  { engine, signal }: Pick<BaseLook, "engine" | "signal">,
): Promise<string> {
  const { digest } = parseImageReference(reference);
  if (digest !== undefined) return digest;
  const unpinned = { ...spec, resolvedBase: { kind: "reference", reference, digest: undefined } as const };
  const notMade = async (): Promise<never> => {
    throw new ImageSpecError("INTERNAL", "a base by reference is not made by the engine");
  };
  await using opener = new BaseOpener(unpinned, await engine.registryClient(), notMade, signal);
  const found = await opener.digest();
  if (found === undefined) throw new ImageSpecError("INTERNAL", "a base by reference has a digest");
  return found;
}
