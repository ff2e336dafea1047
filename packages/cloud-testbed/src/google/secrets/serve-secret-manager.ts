import type { Listener } from "../../shared/listen.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { Gate } from "../gate/gate.ts";
import { GoogleError, serviceDisabled } from "../google-error.ts";
import { serveHttp } from "../http/serve-http.ts";
import { crc32c } from "../storage/checksums.ts";
import type { SecretManager } from "./create-secret-manager.ts";

/** What the service answers with. */
export interface SecretManagerServiceOptions {
  readonly secrets: SecretManager;
  readonly tokens: Tokens;
  readonly gate: Gate;
  readonly project: string;
  readonly enabled: () => boolean;
}

/** Starts Secret Manager v1 over REST: get a secret, access a version. */
export function serveSecretManager(options: SecretManagerServiceOptions): Promise<Listener> {
  const { secrets, tokens, gate, project } = options;
  return serveHttp((call) => {
    const principal = tokens.authenticate(call.headers.authorization);
    const [, secret = "", version] =
      /^\/v1\/(projects\/[^/]+\/secrets\/[^/]+)(\/versions\/[^/:]+)?(?::access)?$/.exec(call.url.pathname) ?? [];
    const name = `${secret}${version ?? ""}`;
    const permission = version === undefined ? "secretmanager.secrets.get" : "secretmanager.versions.access";
    return gate.pass({
      operation: version === undefined ? "GetSecret" : "AccessSecretVersion",
      transport: "rest",
      principal,
      request: { name },
    }, async () => {
      if (!options.enabled()) throw serviceDisabled("secretmanager.googleapis.com", "Secret Manager API", project);
      if (call.method !== "GET" || secret === "") throw new GoogleError("NOT_FOUND", "Not Found");
      if (version === undefined) return { body: { name: secrets.get(secret) } };
      const found = secrets.access(name);
      const data = Buffer.from(found.value);
      const checksum = String(Buffer.from(crc32c(data), "base64").readUInt32BE());
      return { body: { name: found.name, payload: { data: data.toString("base64"), dataCrc32c: checksum } } };
    }, [{ permission, resource: name }]);
  });
}
