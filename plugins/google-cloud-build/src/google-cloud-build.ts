import {
  type Availability,
  type BuilderDefinition,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type Json,
  priorities,
  readIndexOption,
} from "@imagespec/core";
import type { GoogleSession } from "./build/google-session.ts";
import { builderName } from "./builder-name.ts";
import { assertOptions } from "./builder-options.ts";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";

const capabilities: readonly Capability[] = [
  "apt-packages",
  "conda-packages",
  "commands",
  "sdists",
  "cuda",
  "python-exec",
  "other-python",
  "base-image",
  "scratch-base",
  "onbuild",
  "runtime-packages",
  "bytecode",
  "emulation",
  "output-registry",
  "secret-google",
];

/** What the options say another place for: the values of these stay where they are. */
const secretCapabilities: readonly Capability[] = ["secret-env", "secret-file", "secret-aws"];

/** Clients of one builder, opened when somebody asks for them; after a failure they are opened anew. */
function lazySession(options: GoogleCloudBuildOptions): (signal: AbortSignal) => Promise<GoogleSession> {
  let session: Promise<GoogleSession> | undefined;
  return async (signal) => {
    session ??= import("./build/google-session.ts").then(({ openSession }) => openSession(options, signal));
    try {
      return await session;
    } catch (error) {
      session = undefined;
      throw error;
    }
  };
}

function define(options: GoogleCloudBuildOptions = {}): BuilderDefinition {
  assertOptions(options);
  const session = lazySession(options);
  let available: Promise<Availability> | undefined;
  const hasSecrets = Object.keys(options.secrets ?? {}).length > 0;
  return {
    name: builderName,
    priority: priorities.cloud,
    appendableSource: true,
    capabilities: hasSecrets ? [...capabilities, ...secretCapabilities] : capabilities,
    async isAvailable({ signal }): Promise<Availability> {
      const { availability } = await import("./availability.ts");
      available ??= availability(options, signal);
      try {
        const answer = await available;
        // What is missing may be there the next time.
        if (!answer.available) available = undefined;
        return answer;
      } catch (error) {
        available = undefined;
        throw error;
      }
    },
    async shouldBuild(spec, context) {
      const { declines } = await import("./declines.ts");
      const problems = declines(spec, context, options);
      return problems.length > 0 ? { action: "decline", problems } : { action: "build", detail: placeText(options) };
    },
    contentOptions: (value): Json => {
      const { index } = readIndexOption(builderName, value).options;
      return index === undefined ? {} : { index };
    },
    async build(spec, request) {
      // Loaded when something has to be built: most runs find the image in place.
      const { buildImage } = await import("./build/build-image.ts");
      return buildImage(spec, request, { options, session: await session(request.signal) });
    },
    resolver: (_spec, { cacheFolder }) => ({
      async resolve(wanted, target, request) {
        const { createUvResolver } = await import("@imagespec/resolver");
        return createUvResolver({ cacheFolder }).resolve(wanted, target, { sdists: true, ...request });
      },
    }),
  };
}

function placeText({ project, location, machine }: GoogleCloudBuildOptions): string {
  const where = location ?? machine?.pool ?? "global";
  return `Cloud Build${project === undefined ? "" : ` in project ${project}`}, ${where}`;
}

/** The builder that has images built by Google Cloud Build, and pushed to Artifact Registry; nothing of it needs Docker here. */
export const googleCloudBuild: (options?: GoogleCloudBuildOptions) => ImageSpecBuilder = defineBuilder<
  GoogleCloudBuildOptions | undefined
>(define);
