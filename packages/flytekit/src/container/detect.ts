/** The environment of this process. */
export function processEnv(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
