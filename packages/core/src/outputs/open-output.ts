import { isImageSpecError } from "@imagespec/errors";
import { type LocalImageStore, type OciLayout, openOciLayout } from "@imagespec/image-store";
import type { RegistryClient } from "@imagespec/registry-client";
import type { OutputPlace } from "../engine/build-target.ts";
import { LayoutOutput, LocalStoreOutput } from "./layout-output.ts";
import type { OpenedOutput } from "./opened-output.ts";

/** What outputs are opened with. */
export interface OutputServices {
  readonly registryClient: () => Promise<RegistryClient>;
  readonly store: () => Promise<LocalImageStore>;
  readonly existingStore: () => Promise<LocalImageStore | undefined>;
}

/** Opens an output for writing; folders are created. @throws STORE_UNUSABLE */
export async function openOutput(place: OutputPlace, services: OutputServices): Promise<OpenedOutput> {
  if (place.kind === "registry") return registryOutput(place, services);
  if (place.kind === "oci-layout")
    return new LayoutOutput(await openOciLayout(place.path, { create: true }), place.name);
  return storeOutput(place, await services.store());
}

/** Opens an output to look into it; nothing when there is none yet, and nothing is created. */
export async function openOutputToRead(
  place: OutputPlace,
  services: OutputServices,
): Promise<OpenedOutput | undefined> {
  if (place.kind === "registry") return registryOutput(place, services);
  if (place.kind === "oci-layout") {
    const layout = await existingLayout(place.path);
    return layout === undefined ? undefined : new LayoutOutput(layout, place.name);
  }
  const store = await services.existingStore();
  return store === undefined ? undefined : storeOutput(place, store);
}

async function registryOutput(
  { registry, repository }: Extract<OutputPlace, { readonly kind: "registry" }>,
  { registryClient }: OutputServices,
): Promise<OpenedOutput> {
  const { RegistryOutput } = await import("./registry-output.ts");
  return new RegistryOutput({ registry, repository }, await registryClient());
}

async function storeOutput(
  place: Exclude<OutputPlace, { readonly kind: "registry" | "oci-layout" }>,
  store: LocalImageStore,
): Promise<OpenedOutput> {
  if (place.kind === "local-store") return new LocalStoreOutput(store, place.name);
  if (place.kind === "docker-archive") {
    const { DockerArchiveOutput } = await import("./docker-archive-output.ts");
    return new DockerArchiveOutput(store, place.name, place.path);
  }
  const [{ EngineOutput }, { dockerEngine }] = await Promise.all([
    import("./engine-output.ts"),
    import("./docker-engine.ts"),
  ]);
  return new EngineOutput(store, place.name, dockerEngine(place.host));
}

async function existingLayout(path: string): Promise<OciLayout | undefined> {
  try {
    return await openOciLayout(path);
  } catch (error) {
    if (isImageSpecError(error, "IMAGE_NOT_FOUND")) return undefined;
    throw error;
  }
}
