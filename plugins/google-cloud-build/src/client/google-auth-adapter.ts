import type { AuthClient, GoogleAuth } from "google-auth-library";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { abandonable } from "./abandonable.ts";
import type { GoogleApi } from "./google-api.ts";
import { tokenSource, useTokens } from "./token-source.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";
const hour = 3_600_000;

/** {@link GoogleApi} by Google's auth library and the application default credentials. */
export async function openGoogleApi({
  accessToken,
  project,
}: Pick<GoogleCloudBuildOptions, "accessToken" | "project">): Promise<GoogleApi> {
  const library = await import("google-auth-library");
  const source = tokenSource(accessToken);
  const create = (): GoogleAuth => {
    const auth = new library.GoogleAuth({
      scopes: [scope],
      // Where it is known it is not looked for, which some credentials do over the network.
      ...(project === undefined ? {} : { projectId: project }),
    });
    if (source !== undefined) useTokens(auth, source);
    return auth;
  };
  let auth = create();
  // `AuthClient` is what every kind of credentials has in common.
  const clientOf = async (signal: AbortSignal): Promise<AuthClient> =>
    (await abandonable(auth.getClient(), signal)) as AuthClient;
  return {
    project: (signal) => abandonable(auth.getProjectId(), signal),
    async principal(signal) {
      const client = await clientOf(signal);
      return "email" in client && typeof client.email === "string" ? client.email : undefined;
    },
    async token({ refresh, signal }) {
      if (refresh) auth = create();
      const client = await clientOf(signal);
      const { token } = await abandonable(client.getAccessToken(), signal);
      return { token: token ?? "", expires: client.credentials.expiry_date ?? Date.now() + hour };
    },
    async request({ method, url, body }, signal) {
      const client = await clientOf(signal);
      const answer = await abandonable(
        client.request<unknown>({
          method,
          url,
          ...(body === undefined ? {} : { data: body }),
          responseType: "json",
          signal,
          retry: method === "GET",
          validateStatus: () => true,
        }),
        signal,
      );
      return { status: answer.status, body: answer.data };
    },
  };
}
