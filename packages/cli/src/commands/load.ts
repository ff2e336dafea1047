import { type DockerEngine, dockerEngine } from "@imagespec/core";
import { dockerArchiveStream } from "@imagespec/image-store";
import {
  familiarImageReference,
  isImageIndex,
  type Platform,
  parseImageManifest,
  parseManifest,
  parsePlatform,
  type StoredManifest,
} from "@imagespec/oci";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { formatPlace, parsePlace, placeTitles } from "../images/image-place.ts";
import { type OpenedImage, openImage } from "../images/open-image.ts";
import { displayOf, platformsOf, transferOptions } from "../images/run-transfer.ts";
import { type ImageSurvey, surveyImage } from "../images/survey-image.ts";
import { TransferReporter } from "../images/transfer-reporter.ts";
import { formatBytes } from "../output/format.ts";
import { hostPlatform } from "../run/host-platform.ts";
import { openImageSession } from "../session/open-image-session.ts";

/** `imagespec load` */
export const load: Command = {
  name: "load",
  usage: ["REFERENCE [options]"],
  description: [
    "Loads an image into the Docker Engine, unless it has it: of the local store, else of its registry, or of another\nplace as in imagespec copy. The engine is the one of --host, else of DOCKER_HOST, else the usual socket.",
    "Of an image for several platforms, the one that fits this machine is loaded unless --platform names another.",
  ],
  options: {
    host: { type: "text", value: "ADDRESS", summary: "the engine, as in DOCKER_HOST" },
    name: { type: "text", value: "NAME:TAG", summary: "what the image is called there, instead of its own name" },
    ...transferOptions,
  },
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, env, signal, stdout } = context;
  const [text] = args.positionals;
  if (text === undefined) throw usageError('"load" needs an image', 'write "imagespec load NAME:TAG"');
  const display = displayOf(args);
  const wanted = platformsOf(args) ?? [];
  if (wanted.length > 1) throw usageError("an engine takes one platform at a time", 'give one "--platform"');
  await using session = await openImageSession(args, context);
  await using image = await openImage(parsePlace(text, cwd), session, signal);
  const name = args.text("name") ?? nameOf(image);
  const engine = dockerEngine(args.text("host"), env);
  using reporter = new TransferReporter(name, [`from ${placeTitles[image.place.kind]}`], context, display);
  const platform = wanted[0] ?? platformFor(image.root);
  const survey = await surveyImage(image, platform === undefined ? undefined : [platform], signal);
  const action = await loadInto(engine, image, survey, { name, reporter, signal });
  const { digest } = survey.descriptor;
  const { platforms, layers } = survey;
  const { timings } = reporter;
  if (display.isJson) {
    const line = { type: "result", exitCode: 0, reference: name, host: engine.host, digest, platforms, action, layers };
    stdout.write(`${JSON.stringify({ ...line, timings })}\n`);
    return 0;
  }
  reporter.finish({
    reference: name,
    name,
    tag: "",
    digest,
    platforms,
    fingerprint: "",
    action: action === "exists" ? "exists" : "built",
    builder: "",
    timings,
    bytes: { downloaded: 0, uploaded: 0 },
    layers: { built: layers.total, reused: 0, ...layers },
    warnings: [],
  });
  return 0;
}

interface LoadOptions {
  readonly name: string;
  readonly reporter: TransferReporter;
  readonly signal: AbortSignal;
}

async function loadInto(
  engine: DockerEngine,
  { source }: OpenedImage,
  { descriptor, manifests, layers }: ImageSurvey,
  { name, reporter, signal }: LoadOptions,
): Promise<"exists" | "loaded"> {
  return reporter.step("load", "export", async (progress, notes) => {
    // The classic store calls an image by the digest of its config, the containerd store by that of its manifest.
    const ids = manifests.flatMap(({ bytes, descriptor: { digest, mediaType } }) => {
      const manifest = parseManifest(bytes, mediaType);
      return isImageIndex(manifest) ? [digest] : [digest, parseImageManifest(bytes).config.digest];
    });
    const known = await engine.imageId(name, signal);
    if (ids.some((id) => id === known)) {
      notes.detail = "the engine has it";
      return "exists";
    }
    let bytes = 0;
    const archive = dockerArchiveStream(
      source,
      { digest: descriptor.digest },
      {
        names: [name],
        signal,
        onProgress: (done) => {
          bytes = done;
          progress(name, done, Math.max(done, layers.size));
        },
      },
    );
    await engine.load(archive, signal);
    notes.detail = formatBytes(bytes);
    return "loaded";
  });
}

/** Of an index, the platform of this machine; an image of one platform is taken whatever it is for. */
function platformFor({ bytes, descriptor }: StoredManifest): Platform | undefined {
  return isImageIndex(parseManifest(bytes, descriptor.mediaType)) ? parsePlatform(hostPlatform()) : undefined;
}

function nameOf({ name, place }: OpenedImage): string {
  if (name !== undefined) return familiarImageReference(name);
  const inside = place.kind === "oci-layout" || place.kind === "docker-archive" ? place.name : undefined;
  if (inside?.includes(":") && !inside.startsWith("sha256:")) return inside;
  throw usageError(
    `"${formatPlace(place)}" has no name that the engine could take over`,
    'give one with "--name NAME:TAG"',
  );
}
