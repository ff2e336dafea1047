import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Listener } from "../../shared/listen.ts";
import type { Gate } from "../gate/gate.ts";
import { type HttpAnswer, type HttpCall, serveHttp } from "../http/serve-http.ts";
import type { Tokens } from "./create-tokens.ts";

/** The token endpoint, and the files by which google-auth-library finds it. */
export interface TokenService extends Listener {
  /** For `GOOGLE_APPLICATION_CREDENTIALS`: workload identity federation, as CI systems use it. */
  readonly credentialsFile: string;
  /** Content of that file. */
  readonly credentials: object;
}

/** Who gets which tokens. */
export interface TokenServiceOptions {
  readonly tokens: Tokens;
  readonly gate: Gate;
  /** E-mail address of who the tokens speak for. */
  readonly principal: string;
  readonly project: string;
  readonly projectNumber: string;
  /** Folder of the files. */
  readonly folder: string;
  /** Seconds. @default 3600 */
  readonly lifetimeSeconds?: number;
  /** Why a principal gets no token for a repository. */
  readonly refuseRepository: (repository: string, writes: boolean, principal: string) => string | undefined;
}

const subjectToken = "an-identity-of-the-ci-system";
const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";

/**
 * Starts Google's token endpoint (`POST /v1/token`, RFC 8693) and a metadata server (`GCE_METADATA_HOST`).
 *
 * The credentials are of the type `external_account`: the other ones have Google's own token endpoint compiled in.
 */
export async function serveTokens(options: TokenServiceOptions): Promise<TokenService> {
  const { tokens, gate, principal, project, projectNumber, folder } = options;
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/ci/providers/ci`;
  const audience = `//iam.googleapis.com/${pool}`;
  const issue = () => {
    const seconds = options.lifetimeSeconds ?? 3600;
    const { token } = tokens.issue(principal, seconds * 1000);
    return { access_token: token, expires_in: seconds, token_type: "Bearer" };
  };
  const refuse = (error: string, text: string): HttpAnswer => ({
    status: 400,
    body: { error, error_description: text },
  });

  const service = await serveHttp((call) =>
    gate.pass({ operation: "token", transport: "rest", request: { path: call.url.pathname } }, async () => {
      if (call.method === "POST" && call.url.pathname === "/v1/token") {
        const form = new URLSearchParams(call.body.toString());
        if (form.get("grant_type") !== grantType) return refuse("unsupported_grant_type", "Unsupported grant type");
        if (form.get("audience") !== audience) return refuse("invalid_target", "The target service is not found");
        if (form.get("subject_token") !== subjectToken) return refuse("invalid_grant", "The token is not acceptable");
        if (!form.get("scope")?.includes("https://www.googleapis.com/auth/")) {
          return refuse("invalid_scope", "A scope must be asked for");
        }
        return { body: { ...issue(), issued_token_type: "urn:ietf:params:oauth:token-type:access_token" } };
      }
      if (call.method === "GET" && call.url.pathname === "/v2/token") return registryToken(call);
      if (call.url.pathname.startsWith("/computeMetadata/v1/")) {
        return metadata(call.url.pathname, call.headers["metadata-flavor"]);
      }
      return { status: 404, body: "not found" };
    }),
  );

  const metadata = (at: string, flavor: unknown): HttpAnswer => {
    const headers = { "metadata-flavor": "Google", "content-type": "application/text" };
    if (flavor !== "Google") return { status: 403, body: "missing header Metadata-Flavor" };
    const account = "/computeMetadata/v1/instance/service-accounts/default";
    if (at === "/computeMetadata/v1/project/project-id") return { headers, body: project };
    if (at === "/computeMetadata/v1/project/numeric-project-id") return { headers, body: projectNumber };
    if (at === `${account}/email`) return { headers, body: principal };
    if (at === `${account}/token`) {
      return { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(issue()) };
    }
    return at.endsWith("/instance") || at.endsWith("/instance/") ? { headers, body: "id\n" } : { status: 404, headers };
  };

  // The token endpoint of the registry hosts. Who may not do what the scope asks for is told so here, not by the registry.
  const registryToken = ({ url, headers: { authorization } }: HttpCall): HttpAnswer => {
    const basic = Buffer.from(/^Basic (.+)$/i.exec(authorization ?? "")?.[1] ?? "", "base64").toString();
    const holder = basic.startsWith("oauth2accesstoken:") ? tokens.principalOf(basic.slice(18)) : undefined;
    const deny = (status: number, code: string, message: string) => ({ status, body: { errors: [{ code, message }] } });
    if (holder === undefined) return deny(401, "UNAUTHORIZED", "No valid credential was supplied.");
    for (const scope of url.searchParams.getAll("scope").flatMap((scopes) => scopes.split(" "))) {
      const [, repository, actions = ""] = /^repository:(.+):([\w,*]+)$/.exec(scope) ?? [];
      if (repository === undefined) continue;
      const refused = options.refuseRepository(repository, /push|\*/.test(actions), holder);
      if (refused !== undefined) return deny(403, "DENIED", refused);
    }
    const { token } = tokens.issue(holder);
    return { body: { token, expires_in: 3600, issued_at: new Date().toISOString() } };
  };

  const subjectFile = path.join(folder, "subject-token");
  const credentialsFile = path.join(folder, "application-default-credentials.json");
  const credentials = {
    type: "external_account",
    audience,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${service.url}/v1/token`,
    credential_source: { file: subjectFile },
    quota_project_id: project,
  };
  await writeFile(subjectFile, subjectToken);
  await writeFile(credentialsFile, JSON.stringify(credentials, undefined, 2));
  return { ...service, credentialsFile, credentials };
}
