/** Whether flytekit's own patterns name a path. They are shell patterns in which `*` also stands for slashes. */
export function isStandardIgnored(path: string): boolean {
  return (
    path.endsWith(".pyc") ||
    path === ".cache" ||
    path.startsWith(".cache/") ||
    path.startsWith("__pycache__/") ||
    path.includes("/__pycache__/")
  );
}
