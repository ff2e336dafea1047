import { type BuildContext, type KnownBase, readBase } from "@imagespec/assembler/parts";
import { ImageSpecError } from "@imagespec/errors";

/** A base that was read, and how much of it had to be fetched. */
export interface OpenedBase extends KnownBase {
  readonly downloaded: number;
}

/** Reads the base, and starts bringing its layers to the output: by mount where they are near. @throws BASE_UNSUPPORTED, BASE_NOT_FOUND */
export async function openBase(context: BuildContext): Promise<OpenedBase | undefined> {
  const { spec, request, steps, scope, content, folder } = context;
  if (spec.resolvedBase.kind === "scratch") return undefined;
  return steps.run("base", "baseImage", async (notes) => {
    const image = await request.base(spec.platforms[0]);
    if (image === undefined) throw new ImageSpecError("INTERNAL", "the engine gave no base image");
    let downloaded = 0;
    let report: ((current: number) => void) | undefined;
    const onDownload = (current: number, total: number): void => {
      report ??= steps.transfer("base", "pull", image.reference, total);
      report(current);
      downloaded = current;
    };
    const base = await readBase(image, { content, folder, signal: scope.signal, onDownload });
    if ((base.config.config?.OnBuild ?? []).length > 0) {
      throw new ImageSpecError("BASE_UNSUPPORTED", `the base image "${image.reference}" has ONBUILD instructions`, {
        hint: "choose a base without them, or let a builder with a container engine build it: builder: buildkit",
      });
    }
    notes.cached = downloaded === 0;
    notes.detail = image.reference;
    publishBase(context, base);
    return { ...base, downloaded };
  });
}

function publishBase({ request, publisher, content, scope }: BuildContext, { image, manifest }: KnownBase): void {
  const { output } = request;
  const { repository } = image;
  const isNear = output.kind === "registry" && repository?.registry === output.registry;
  for (const layer of manifest.layers) {
    const open = async (): Promise<AsyncIterable<Uint8Array>> => {
      const isHere = (await content.stat(layer.digest))?.size === layer.size;
      return isHere ? content.open(layer.digest) : image.source.openBlob(layer, { signal: scope.signal });
    };
    publisher.publish(layer, open, isNear ? [repository.repository] : []);
  }
}
