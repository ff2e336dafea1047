import { existsSync } from "node:fs";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { openLocalImageStore, openOciLayout, readDockerArchive } from "@imagespec/image-store";
import type { ImageSource } from "@imagespec/oci";
import type { Environment } from "./environment.ts";
import type { Trial } from "./trial.ts";

/** The place that a trial's image went to, to be read. */
export interface OpenedSource extends AsyncDisposable {
  readonly source: ImageSource;
  /** Tags, or names, that are there for the trial's repository. */
  published(): Promise<readonly string[]>;
}

/** Of a file that was never written. */
const nothing: ImageSource = {
  hasBlob: async () => false,
  readManifest: async () => undefined,
  openBlob: ({ digest }) => Promise.reject(new ImageSpecError("IMAGE_NOT_FOUND", `there is no "${digest}"`)),
};

type Place = Pick<Trial, "name" | "output" | "cacheFolder">;

export async function sourceOfOutput(
  environment: Environment,
  { name, output, cacheFolder }: Place,
): Promise<OpenedSource> {
  const choice = typeof output === "string" ? { kind: output } : output;
  const none = { [Symbol.asyncDispose]: async () => undefined };
  if (choice.kind === "registry") {
    const source = environment.client.repository({ registry: environment.registry, repository: name });
    return { source, published: () => orNone(() => source.tags()), ...none };
  }
  if (choice.kind === "oci-layout" && "path" in choice) {
    const source = await openOciLayout(choice.path, { create: true });
    return { source, published: async () => named(await source.list(), name), ...none };
  }
  if (choice.kind === "docker-archive" && "path" in choice) {
    if (!existsSync(choice.path)) return { source: nothing, published: async () => [], ...none };
    const source = await readDockerArchive(choice.path);
    return {
      source,
      published: async () => named(await source.list(), name),
      [Symbol.asyncDispose]: () => source.close(),
    };
  }
  // Images for an engine are made in the local store too.
  const source = await openLocalImageStore(cacheFolder);
  return { source, published: async () => named(await source.list(), name), ...none };
}

function named(list: readonly { readonly name?: string | undefined }[], name: string): readonly string[] {
  return list.flatMap((entry) => (entry.name?.includes(name) === true ? [entry.name] : []));
}

async function orNone(list: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await list();
  } catch (error) {
    if (isImageSpecError(error, "REGISTRY_NOT_FOUND")) return [];
    throw error;
  }
}
