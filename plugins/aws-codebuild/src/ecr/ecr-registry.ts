import { ImageSpecError } from "@imagespec/errors";
import type { RegistryProvider } from "@imagespec/registry-client";
import type { AwsPorts } from "../aws/ports.ts";
import type { AwsAccess } from "../aws-codebuild-options.ts";
import { classifyAbsence } from "./classify-absence.ts";
import { isEcr, parseEcrHost } from "./ecr-host.ts";
import { ensureRepository } from "./ensure-repository.ts";
import { LoginCache } from "./login-cache.ts";

/** Logins, repositories and answers of Amazon ECR, for every builder of the engine. */
export function ecrRegistry(access: AwsAccess, aws: Pick<AwsPorts, "ecr">): RegistryProvider {
  const { registries = [] } = access;
  const logins = new LoginCache(aws);
  return {
    name: "ecr",
    matches: (registry) => isEcr(registry, registries),
    async credentials({ registry, refresh = false }) {
      const { username, password } = await logins.get(parseEcrHost(registry)?.region, refresh);
      return { kind: "basic", username, password };
    },
    async ensureRepository({ registry, repository }, { signal }) {
      const ensure = access.repository?.ensure ?? false;
      if (ensure === false) {
        throw new ImageSpecError("REGISTRY_NOT_FOUND", `ECR "${registry}" has no repository "${repository}"`, {
          hint: 'create it, or set repository: { ensure: true } among the options of "aws-codebuild"',
          details: { provider: "aws", registry, repository },
        });
      }
      const host = parseEcrHost(registry);
      const ecr = await aws.ecr(host?.region);
      const settings = ensure === true ? {} : ensure;
      await ensureRepository(ecr, { name: repository, account: host?.account }, settings, { signal });
    },
    classifyAbsence: ({ status, body }) => classifyAbsence(status, body),
  };
}
