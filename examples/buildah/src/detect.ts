/** The environment that buildah is started in: the user's, and the folders where distributions put runc and buildah's other tools. */
export function detectEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string | undefined>> {
  return { ...env, PATH: [env["PATH"] || "/usr/bin:/bin", "/usr/sbin", "/sbin"].join(":"), LC_ALL: "C" };
}

/** The user that this process runs as; nothing where there are none. */
export function detectUser(): number | undefined {
  return process.getuid?.();
}
