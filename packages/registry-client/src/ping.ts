import { ImageSpecError } from "@imagespec/errors";
import type { RegistryHttp } from "./http/registry-http.ts";
import type { OperationOptions } from "./registry-client-options.ts";

/** Asks a registry whether it speaks the distribution API and takes the credentials (distribution-spec, end-1). */
export async function ping(http: RegistryHttp, registry: string, options: OperationOptions): Promise<void> {
  const answer = await http.answer({
    endpoint: http.endpoints.origin(registry),
    method: "GET",
    target: "/v2/",
    what: "the API",
    scopes: [],
    accept: [200, 404],
    signal: options.signal,
  });
  if (answer.status === 200) return;
  throw new ImageSpecError("REGISTRY_PROTOCOL", `"${registry}" does not speak the distribution API (status 404)`, {
    hint: "check the host name and the port",
    details: { registry, status: answer.status, method: "GET" },
  });
}
