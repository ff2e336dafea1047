/** What a slim base leaves out, by path. Copyright files stay: licences ask for them and scanners read them. */
export function isOmittedWhenSlim(path: string): boolean {
  if (path.startsWith("usr/share/doc/")) {
    const [, , , , ...inner] = path.split("/");
    // `usr/share/doc/<package>` itself stays: it may be a link to the folder with the copyright file.
    return inner.length > 0 && path.split("/").at(-1) !== "copyright";
  }
  return /^usr\/share\/(?:man|info|locale|lintian|bug|linda)\/./.test(path);
}
