import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type protos, v1 } from "@google-cloud/cloudbuild";
import { Storage } from "@google-cloud/storage";
import { credentials } from "@grpc/grpc-js";
import { temporaryFolder } from "@imagespec/test-support";
import { GoogleAuth, PassThroughClient } from "google-auth-library";
import type { FakeGoogle } from "../../src/google/index.ts";

/** Messages of Cloud Build as its client has them. */
export type IBuild = protos.google.devtools.cloudbuild.v1.IBuild;
export type CloudBuildClient = v1.CloudBuildClient;

/** Without it every client looks for a metadata server first. */
process.env["METADATA_SERVER_DETECTION"] = "none";

export function grpcClient(google: FakeGoogle): CloudBuildClient {
  const { host, port } = google.endpoints.cloudbuild;
  return new v1.CloudBuildClient({
    projectId: google.project,
    apiEndpoint: host,
    port,
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  });
}

export function restClient(google: FakeGoogle): CloudBuildClient {
  const { hostname, port } = new URL(google.endpoints.cloudbuild.rest);
  const auth = new GoogleAuth({ keyFile: google.credentials.file, scopes });
  const options = {
    projectId: google.project,
    apiEndpoint: hostname,
    port: Number(port),
    fallback: true,
    protocol: "http",
    auth,
  };
  // "protocol" is read, and is not in the type.
  return new v1.CloudBuildClient(options as ConstructorParameters<typeof v1.CloudBuildClient>[0]);
}

const scopes = "https://www.googleapis.com/auth/cloud-platform";

/** @param apiEndpoint of another server with the same API */
export function storageClient(google: FakeGoogle, apiEndpoint: string = google.endpoints.storage): Storage {
  return new Storage({
    apiEndpoint,
    projectId: google.project,
    keyFilename: google.credentials.file,
    useAuthWithCustomEndpoint: true,
    retryOptions: { autoRetry: false },
  });
}

/** Credentials as every library of Google finds them. */
export function defaultAuth(google: FakeGoogle): GoogleAuth {
  return new GoogleAuth({ keyFile: google.credentials.file, scopes });
}

/** Creates a build in the region of the fake; gives what the operation says of it. */
export async function createBuild(client: CloudBuildClient, google: FakeGoogle, build: IBuild): Promise<IBuild> {
  const parent = `projects/${google.project}/locations/${google.location}`;
  const [operation] = await client.createBuild({ parent, build });
  // BuildOperationMetadata, whatever the transport made of it.
  const metadata = operation.metadata as { readonly build?: IBuild };
  return metadata.build ?? {};
}

/** The name by which a build is asked for. */
export function nameOf(google: FakeGoogle, build: IBuild): string {
  return `projects/${google.project}/locations/${google.location}/builds/${build.id}`;
}

const endings = ["SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"];

/** Asks for a build until it has ended. */
export async function ended(client: CloudBuildClient, google: FakeGoogle, build: IBuild): Promise<IBuild> {
  for (;;) {
    const [now] = await client.getBuild({ name: nameOf(google, build) });
    if (endings.includes(String(now.status))) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The log object of a build. */
export function logOf(google: FakeGoogle, build: IBuild): string | undefined {
  const [bucket = "", ...folder] = (build.logsBucket ?? "").replace("gs://", "").split("/");
  return google.readObject(bucket, [...folder, `log-${build.id}.txt`].join("/"));
}

/** Packs files and uploads them; gives the source of a build. */
export async function uploadContext(
  storage: Storage,
  bucket: string,
  files: Readonly<Record<string, string>>,
): Promise<{ bucket: string; object: string; generation: string }> {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(folder.join(name), content);
  const { stdout } = await promisify(execFile)("tar", ["-cz", "-C", folder.path, "."], { encoding: "buffer" });
  const object = `contexts/${createHash("sha256").update(stdout).digest("hex")}.tar.gz`;
  const file = storage.bucket(bucket).file(object);
  await file.save(stdout, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  return { bucket, object, generation: String(file.metadata.generation) };
}
