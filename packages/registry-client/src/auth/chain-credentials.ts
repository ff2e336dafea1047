import type { CredentialProvider } from "./credentials.ts";

/** Asks each provider in turn; the first that knows the registry answers. */
export function chainCredentials(...providers: CredentialProvider[]): CredentialProvider {
  return async (request) => {
    for (const provider of providers) {
      const found = await provider(request);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
