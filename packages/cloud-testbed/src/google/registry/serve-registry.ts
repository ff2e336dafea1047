import type { Listener } from "../../shared/listen.ts";
import {
  type RegistryAnswer,
  type RegistryCall,
  type RegistryVerdict,
  startRegistryFront,
} from "../../shared/registry-front.ts";
import { digestOf, type RegistryReader } from "../../shared/registry-reader.ts";
import type { RequestLog } from "../../shared/request-log.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { Denials } from "../gate/denials.ts";
import { failureOf, type GoogleFault, type GoogleFaults } from "../gate/faults.ts";
import { GoogleError, type GoogleStatus, serviceDisabled } from "../google-error.ts";
import type { Repositories, Repository } from "./create-repositories.ts";

/** Who may use which repository. */
export interface RegistryRights {
  readonly denials: Denials;
  readonly project: string;
  /** Of the repositories that a host serves. */
  readonly location: string;
}

/** What stands before the registry that has the content. */
export interface RegistryOptions extends RegistryRights {
  readonly upstream: string;
  readonly reader: RegistryReader;
  readonly repositories: Repositories;
  readonly tokens: Tokens;
  readonly faults: GoogleFaults;
  readonly requests: RequestLog;
  /** Where clients get tokens for the registry: `http://127.0.0.1:PORT/v2/token`. */
  readonly realm: string;
  readonly enabled: () => boolean;
}

/** Starts `LOCATION-docker.pkg.dev`: names are `PROJECT/REPOSITORY/IMAGE`. */
export function serveRegistry(options: RegistryOptions): Promise<Listener> {
  const { tokens, faults, repositories, reader, location } = options;
  // Faults that let the work be done strike after the registry has answered.
  const lost = new WeakMap<RegistryCall, GoogleFault>();

  const repositoryOf = (call: RegistryCall): Repository | undefined => {
    const [project = "", id = ""] = call.repository?.split("/") ?? [];
    return repositories.find(project, location, id);
  };
  const admit = async (call: RegistryCall): Promise<RegistryVerdict> => {
    const fault = faults.take(`registry.${call.operation}`);
    if (fault?.answerLost) lost.set(call, fault);
    else if (fault !== undefined) return verdictOf(fault);
    const principal = principalOf(call, tokens);
    if (principal === undefined) {
      // Both forms, and the text: apple/container#2274, docker-credential-gcr#129.
      const service = `service="${call.headers.host ?? ""}",scope="repository:${call.repository}:pull"`;
      const challenge = `Bearer realm="${options.realm}"${call.repository === undefined ? "" : `,${service}`}`;
      return {
        ...denial(401, "UNAUTHORIZED", "No valid credential was supplied."),
        headers: { "www-authenticate": challenge },
      };
    }
    if (!options.enabled()) {
      const { message } = serviceDisabled("artifactregistry.googleapis.com", "Artifact Registry API", options.project);
      return denial(403, "DENIED", message);
    }
    if (call.repository === undefined) return undefined;
    const [, id = "", image] = call.repository.split("/");
    const writes = call.method !== "GET" && call.method !== "HEAD";
    const refused = registryRefusal(options, call.repository, writes, principal);
    if (refused !== undefined) return denial(403, "DENIED", refused);
    if (repositoryOf(call) === undefined) return denial(404, "NAME_UNKNOWN", `Repository "${id}" not found`);
    if (image === undefined)
      return denial(
        400,
        "NAME_INVALID",
        `Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE`,
      );
    return undefined;
  };

  return startRegistryFront({
    upstream: options.upstream,
    requests: options.requests,
    rules: {
      admit,
      async admitManifest(call, manifest) {
        const { repository = "", reference = "" } = call;
        if (reference.startsWith("sha256:") || repositoryOf(call)?.immutableTags !== true) return undefined;
        const there = await reader.manifest(repository, reference);
        if (there === undefined || there.digest === digestOf(manifest)) return undefined;
        const message = `cannot update tag ${reference}. The repository has enabled tag immutability`;
        return denial(400, "MANIFEST_INVALID", message);
      },
      after(call) {
        const fault = lost.get(call);
        return fault === undefined ? undefined : verdictOf(fault);
      },
    },
  });
}

/** Why somebody may not read or write a repository, in the words of the service. */
export function registryRefusal(
  { denials, project, location }: RegistryRights,
  repository: string,
  writes: boolean,
  principal: string,
): string | undefined {
  const [owner = "", id = ""] = repository.split("/");
  const permission = `artifactregistry.repositories.${writes ? "upload" : "download"}Artifacts`;
  const resource = `projects/${owner}/locations/${location}/repositories/${id}`;
  const refused = `Permission "${permission}" denied on resource "${resource}" (or it may not exist)`;
  if (owner !== project) return refused;
  try {
    denials.check(permission, resource, principal);
    return undefined;
  } catch (error) {
    if (error instanceof GoogleError) return refused;
    throw error;
  }
}

/** Tokens come as the password of `oauth2accesstoken`, or as they are. */
function principalOf(call: RegistryCall, tokens: Tokens): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(call.headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return tokens.principalOf(bearer);
  if (call.credentials?.user !== "oauth2accesstoken") return undefined;
  return tokens.principalOf(call.credentials.password);
}

function denial(status: number, code: string, message: string): RegistryAnswer {
  return { status, code, message };
}

// "Error Codes" of the OCI distribution specification.
const registryCodes: Partial<Record<GoogleStatus, string>> = {
  UNAUTHENTICATED: "UNAUTHORIZED",
  PERMISSION_DENIED: "DENIED",
  NOT_FOUND: "NAME_UNKNOWN",
  RESOURCE_EXHAUSTED: "TOOMANYREQUESTS",
};

function verdictOf(fault: GoogleFault): RegistryVerdict {
  const failure = failureOf(fault);
  if (!(failure instanceof GoogleError)) return "drop";
  const { status, httpCode, message } = failure;
  return denial(httpCode, registryCodes[status] ?? "UNKNOWN", message);
}
