import type { LockedBase, LockRequest, ResolvedImageSpec } from "@imagespec/core";
import { cudaImage, packageTarget } from "@imagespec/dockerfile";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { baseFacts } from "./base-facts.ts";
import { createSession } from "./create-session.ts";
import type { DaemonPool } from "./daemon-pool.ts";
import { onBase } from "./on-base.ts";

/** What a lock has to know of the base of a spec of one platform. @throws BASE_UNSUPPORTED, BASE_NOT_FOUND, ENGINE_…, REGISTRY_… */
export async function lockBase(
  spec: ResolvedImageSpec,
  request: LockRequest,
  { options, pool }: { readonly options: BuildkitBuilderOptions; readonly pool: DaemonPool },
): Promise<LockedBase> {
  const image = (await cudaImage(spec, request)) ?? (await request.base());
  if (image === undefined) return { python: undefined, libc: undefined, distributions: {} };
  const { store, signal, registryClient, cacheFolder } = request;
  await using daemon = await pool.open(spec, signal);
  const nothing = { force: false, emit: () => undefined, secret: async () => "" };
  const session = createSession(spec, { ...nothing, store, signal, registryClient, cacheFolder }, { options, daemon });
  return await onBase(session, image, async (base) => {
    const { facts } = await baseFacts(session, base);
    // The Python that the image gets, which need not be the base's.
    const python = packageTarget(spec, facts)?.environment.pythonVersion;
    const seen = spec.pythonExec === undefined ? {} : facts.pythonDistributions;
    return { python, libc: facts.libc, distributions: { ...seen, ...facts.distributions } };
  });
}
