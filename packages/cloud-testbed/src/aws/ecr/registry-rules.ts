import type { FaultQueue } from "../../shared/fault-queue.ts";
import type { RegistryCall, RegistryRules, RegistryVerdict } from "../../shared/registry-front.ts";
import { digestOf, type RegistryReader } from "../../shared/registry-reader.ts";
import type { AwsFault, RegistryFault } from "../faults.ts";
import type { AuthorizationTokens } from "./authorization-tokens.ts";
import { isImmutable, missingRepository, type Repositories } from "./repositories.ts";

export interface EcrRulesOptions {
  readonly accountId: string;
  readonly repositories: Repositories;
  readonly tokens: AuthorizationTokens;
  readonly registry: RegistryReader;
  readonly faults: FaultQueue<AwsFault>;
  /** Puts another image under a tag, as somebody else would. */
  readonly takeTag: (repository: string, tag: string) => Promise<void>;
  /** The denial of a right of the token's holder, in IAM's words; nothing when the right is there. */
  readonly denial: (accessKeyId: string, action: string, repository: string) => Promise<string | undefined>;
}

/** What ECR demands for each kind of request. */
const actions: Readonly<Record<string, string>> = {
  HeadManifest: "ecr:BatchGetImage",
  GetManifest: "ecr:BatchGetImage",
  HeadBlob: "ecr:BatchCheckLayerAvailability",
  GetBlob: "ecr:GetDownloadUrlForLayer",
  PostUpload: "ecr:InitiateLayerUpload",
  PatchUpload: "ecr:UploadLayerPart",
  PutUpload: "ecr:CompleteLayerUpload",
  PutManifest: "ecr:PutImage",
  GetTags: "ecr:ListImages",
};

/** Makes a registry one of ECR. */
export function ecrRules(options: EcrRulesOptions): RegistryRules {
  const { accountId, repositories, tokens, registry, faults } = options;
  // The faults that lose an answer wait from the beginning of a request for its end.
  const lostAnswers = new WeakSet<RegistryCall>();
  return {
    async admit(call) {
      const struck = await strike(options, call);
      if (struck === "lose-answer") lostAnswers.add(call);
      else if (struck !== undefined) return struck;

      const { credentials, repository: name } = call;
      const holder = credentials?.user === "AWS" ? tokens.holder(credentials.password) : undefined;
      if (holder === undefined) {
        const realm = `Basic realm="http://${call.headers.host}/",service="ecr.amazonaws.com"`;
        return { status: 401, code: "UNAUTHORIZED", message: "Not Authorized", headers: { "www-authenticate": realm } };
      }
      if (holder.expired) {
        const message = "Your authorization token has expired. Reauthenticate and try again.";
        return { status: 403, code: "DENIED", message };
      }
      if (name === undefined) {
        if (call.operation === "Ping") return undefined;
        return { status: 404, code: "NOT_FOUND", message: "not found" };
      }
      const action = actions[call.operation];
      if (action === undefined) return { status: 405, code: "UNSUPPORTED", message: "The operation is unsupported." };
      const denied = await options.denial(holder.accessKeyId, action, name);
      if (denied !== undefined) return { status: 403, code: "DENIED", message: denied };
      const repository = repositories.find(name);
      if (repository === undefined) {
        return { status: 404, code: "NAME_UNKNOWN", message: missingRepository(name, accountId) };
      }
      if (call.operation.endsWith("tManifest") || call.operation === "HeadManifest") {
        if (call.operation !== "PutManifest" && (await isArchived(call.reference ?? "", name))) {
          return { status: 404, code: "MANIFEST_UNKNOWN", message: "Requested image is archived" };
        }
      }
      return undefined;
    },
    async admitManifest(call, manifest) {
      const { repository: name = "", reference = "" } = call;
      const repository = repositories.find(name);
      if (repository === undefined) return undefined;
      const layers = layersAmongImages(manifest);
      if (layers !== undefined) {
        const message = `Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid media type ${layers} for descriptor of image index'`;
        return { status: 400, code: "MANIFEST_INVALID", message };
      }
      if (reference.startsWith("sha256:")) return undefined;
      if (faults.take("registry:PutManifest", ({ kind }) => kind === "tag-taken") !== undefined) {
        await options.takeTag(name, reference);
      }
      if (!isImmutable(repository, reference)) return undefined;
      const there = await registry.manifest(name, reference);
      if (there === undefined || there.digest === digestOf(manifest)) return undefined;
      return { status: 400, code: "TAG_INVALID", message: immutableTag(name, reference) };
    },
    stored(name, digest) {
      const images = repositories.find(name)?.images;
      const now = Date.now() / 1000;
      const known = images?.get(digest);
      // Pushing an archived image again makes it active.
      if (known?.status === "ARCHIVED") Object.assign(known, { status: "ACTIVE", activatedAt: now });
      if (known === undefined) images?.set(digest, { pushedAt: now, status: "ACTIVE" });
    },
    after(call) {
      return lostAnswers.has(call) ? "drop" : undefined;
    },
  };

  async function isArchived(reference: string, name: string): Promise<boolean> {
    const images = repositories.find(name)?.images;
    if (images === undefined || ![...images.values()].some(({ status }) => status === "ARCHIVED")) return false;
    const digest = reference.startsWith("sha256:") ? reference : (await registry.manifest(name, reference))?.digest;
    return images.get(digest ?? "")?.status === "ARCHIVED";
  }
}

export function immutableTag(repository: string, tag: string): string {
  return `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`;
}

async function strike(
  { accountId, tokens, faults }: EcrRulesOptions,
  call: RegistryCall,
): Promise<RegistryVerdict | "lose-answer"> {
  // All faults whose operation begins so are the registry's.
  const fault = faults.take(`registry:${call.operation}`, ({ kind }) => kind !== "tag-taken") as
    | RegistryFault
    | undefined;
  switch (fault?.kind) {
    case undefined:
    case "tag-taken":
      return undefined;
    case "throttle":
      return { status: 429, code: "TOOMANYREQUESTS", message: "Rate exceeded" };
    case "drop-before":
      return "drop";
    case "drop-after":
      return "lose-answer";
    case "empty-500":
      return { status: 500 };
    case "denied": {
      const { action = actions[call.operation] ?? "ecr:*", resource = "*" } = fault;
      const user = `arn:aws:sts::${accountId}:assumed-role/scripted/session`;
      const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
      return { status: 403, code: "DENIED", message };
    }
    case "not-found":
      return { status: 404, code: "NAME_UNKNOWN", message: missingRepository(call.repository ?? "", accountId) };
    case "token-expired":
      tokens.expire(call.credentials?.password);
      return undefined;
    case "token-revoked":
      if (call.credentials !== undefined) tokens.revoke(call.credentials.password);
      return undefined;
  }
}

/**
 * The media type of the first descriptor of an index that is no manifest. BuildKit writes its cache so unless it is asked for an
 * image manifest, and ECR refuses it.
 */
function layersAmongImages(manifest: Uint8Array): string | undefined {
  let document: { readonly manifests?: readonly { readonly mediaType?: string }[] };
  try {
    document = JSON.parse(Buffer.from(manifest).toString());
  } catch {
    // The registry behind says what is wrong with it.
    return undefined;
  }
  return document.manifests?.find(({ mediaType = "" }) => !/manifest|image\.index/.test(mediaType))?.mediaType;
}
