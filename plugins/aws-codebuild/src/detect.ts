/** Project and bucket as the environment names them, for CI that has no configuration file. */
export function detectPlaces(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly project: string | undefined;
  readonly bucket: string | undefined;
} {
  const of = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return { project: of("IMAGESPEC_AWS_PROJECT"), bucket: of("IMAGESPEC_AWS_BUCKET") };
}
