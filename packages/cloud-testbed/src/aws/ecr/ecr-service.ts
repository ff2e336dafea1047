import type { ServiceModel } from "../api/service-model.ts";
import { AwsError } from "../aws-error.ts";
import type { OwnService } from "../own-service.ts";
import type { AuthorizationTokens } from "./authorization-tokens.ts";
import { createImageOperations, type ImageOperationsOptions } from "./image-operations.ts";
import { createRepositoryOperations } from "./repository-operations.ts";

export interface EcrServiceOptions extends ImageOperationsOptions {
  readonly region: string;
  readonly tokens: AuthorizationTokens;
  readonly model: ServiceModel;
  /** `http://host:port` of the registry front. */
  readonly registryUrl: string;
}

/** ECR's API; what it says of images comes from the registry. */
export function createEcrService(options: EcrServiceOptions): OwnService {
  const { tokens, registryUrl, model } = options;
  const operations = new Map(
    Object.entries({ ...createRepositoryOperations(options), ...createImageOperations(options) }),
  );
  return {
    async call(operation, input, { accessKeyId }) {
      const [problem] = model.problems(operation, input);
      if (problem !== undefined) throw new AwsError("InvalidParameterException", inEcrWords(problem));
      if (operation === "GetAuthorizationToken") {
        const { password, expiresAt } = tokens.issue(accessKeyId);
        const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
        return { authorizationData: [{ authorizationToken, expiresAt: expiresAt / 1000, proxyEndpoint: registryUrl }] };
      }
      const run = operations.get(operation);
      if (run === undefined) throw new AwsError("UnknownOperationException", `the test-bed has no ecr:${operation}`);
      // The service model has checked names and types.
      return run(input as never);
    },
  };
}

/** `Invalid parameter at 'repositoryName' failed to satisfy constraint: '…'` */
function inEcrWords(problem: string): string {
  const match = /^Value [\s\S]* at '(?<at>[^']*)' failed to satisfy constraint: (?<constraint>[\s\S]*)$/.exec(problem);
  const constraint = match?.groups?.["constraint"]?.replace(/^Member m/, "m");
  return `Invalid parameter at '${match?.groups?.["at"]}' failed to satisfy constraint: '${constraint}'`;
}
