import { GoogleError } from "../google-error.ts";

/** Secrets and their versions. */
export interface SecretManager {
  /** Adds a version; the first one creates the secret. Gives the version's name. */
  add(secret: string, value: string): string;
  /**
   * @param version `projects/P/secrets/S/versions/V`, with the project's name or number, and a number or `latest`
   * @throws GoogleError NOT_FOUND
   */
  access(version: string): { readonly name: string; readonly value: string };
  /** `projects/P/secrets/S` of a secret that is there. @throws GoogleError NOT_FOUND */
  get(secret: string): string;
}

export function createSecretManager(project: string, projectNumber: string): SecretManager {
  const secrets = new Map<string, string[]>();
  const find = (name: string, owner: string): readonly string[] => {
    const versions = owner === project || owner === projectNumber ? secrets.get(name) : undefined;
    if (versions !== undefined) return versions;
    throw new GoogleError("NOT_FOUND", `Secret [projects/${projectNumber}/secrets/${name}] not found.`);
  };
  return {
    add(secret, value) {
      const versions = [...(secrets.get(secret) ?? []), value];
      secrets.set(secret, versions);
      return `projects/${project}/secrets/${secret}/versions/${versions.length}`;
    },
    access(version) {
      const [, owner = "", name = "", wanted = ""] =
        /^projects\/([^/]+)\/secrets\/([^/]+)\/versions\/([^/]+)$/.exec(version) ?? [];
      const versions = find(name, owner);
      const number = wanted === "latest" ? versions.length : Number(wanted);
      const value = versions[number - 1];
      const full = `projects/${projectNumber}/secrets/${name}/versions/${wanted}`;
      if (value !== undefined) return { name: full.replace(/latest$/, String(number)), value };
      throw new GoogleError("NOT_FOUND", `Secret Version [${full}] not found.`);
    },
    get(secret) {
      const [, owner = "", name = ""] = /^projects\/([^/]+)\/secrets\/([^/]+)$/.exec(secret) ?? [];
      find(name, owner);
      return `projects/${projectNumber}/secrets/${name}`;
    },
  };
}
