/** What a path of the API names. Nothing in it has been validated. */
export type Route =
  | { readonly kind: "ping" }
  | { readonly kind: "token" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: string }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  | { readonly kind: "uploads"; readonly repository: string }
  | { readonly kind: "upload"; readonly repository: string; readonly id: string };

/** The methods of each {@link Route}. */
export const allowedMethods: Readonly<Record<Route["kind"], readonly string[]>> = {
  ping: ["GET", "HEAD"],
  token: ["GET", "POST"],
  catalog: ["GET", "HEAD"],
  tags: ["GET", "HEAD"],
  referrers: ["GET", "HEAD"],
  manifest: ["GET", "HEAD", "PUT", "DELETE"],
  blob: ["GET", "HEAD", "DELETE"],
  uploads: ["POST"],
  upload: ["GET", "HEAD", "PATCH", "PUT", "DELETE"],
};

/** Reads a path from its end, because the components of a repository's name may be `blobs`, `manifests` or `tags`. */
export function parseRoute(path: string): Route | undefined {
  if (path === "/v2" || path === "/v2/") return { kind: "ping" };
  if (path === "/token") return { kind: "token" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  if (!path.startsWith("/v2/")) return undefined;
  const parts = path.slice("/v2/".length).split("/");
  const last = parts.at(-1) ?? "";
  const [beforeThat, before] = [parts.at(-3), parts.at(-2)];
  const named = (count: number): string => parts.slice(0, -count).join("/");

  if (parts.length > 3 && beforeThat === "blobs" && before === "uploads") {
    return last === "" ? { kind: "uploads", repository: named(3) } : { kind: "upload", repository: named(3), id: last };
  }
  if (parts.length < 3) return undefined;
  if (before === "blobs" && last === "uploads") return { kind: "uploads", repository: named(2) };
  if (before === "blobs") return { kind: "blob", repository: named(2), digest: last };
  if (before === "manifests") return { kind: "manifest", repository: named(2), reference: last };
  if (before === "referrers") return { kind: "referrers", repository: named(2), digest: last };
  if (before === "tags" && last === "list") return { kind: "tags", repository: named(2) };
  return undefined;
}
