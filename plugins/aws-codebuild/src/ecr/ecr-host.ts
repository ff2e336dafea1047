/** What the name of an ECR registry says. */
export interface EcrHost {
  readonly account: string;
  readonly region: string;
}

/** `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, with `.cn`, `-fips`, and the dual-stack form `…dkr-ecr.eu-central-1.on.aws`. */
const pattern = /^(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z]{2,}(?:-[a-z0-9]+)+)\.[a-z0-9.-]+$/;

/** Reads the name of a registry; nothing for one that is not ECR's. Only for reading: names come from ECR's own answers. */
export function parseEcrHost(registry: string): EcrHost | undefined {
  const { account, region } = pattern.exec(registry)?.groups ?? {};
  return account === undefined || region === undefined ? undefined : { account, region };
}

/** Whether a registry is ECR, by its name or by the options. */
export function isEcr(registry: string, known: readonly string[] = []): boolean {
  return parseEcrHost(registry) !== undefined || known.includes(registry);
}
