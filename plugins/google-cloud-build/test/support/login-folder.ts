import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FakeGoogle } from "@imagespec/cloud-testbed/google";

/** A configuration of docker with a login for the fake's registry, as `gcloud auth configure-docker` leads to one. */
export async function loginFolder(google: FakeGoogle): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "google-login-"));
  const auth = Buffer.from(`oauth2accesstoken:${google.token().token}`).toString("base64");
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ auths: { [google.registry]: { auth } } }));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
