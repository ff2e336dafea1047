import { startRegistryServer } from "@imagespec/registry-server";
import { openGate } from "./gate.ts";
import { runBuild } from "./imagespec-process.ts";
import { type RegistryContent, registryContent } from "./registry-content.ts";
import type { SmallProject } from "./small-project.ts";

/** A build and push that nobody disturbed. */
export interface CalmBuild {
  readonly digest: string;
  /** To the index and both registries. */
  readonly requests: number;
  /** To the registry that the image was pushed to. */
  readonly targetRequests: number;
  readonly ms: number;
  readonly content: RegistryContent;
}

export async function calmBuild(project: SmallProject, spec: string): Promise<CalmBuild> {
  const root = project.newFolder();
  const before = project.index.requests.length + project.upstream.requests.length;
  await using server = await startRegistryServer({ root });
  await using gate = await openGate(server.address);
  const start = Date.now();
  const { digest, stderr, error } = await runBuild(project, {
    spec,
    cache: project.newFolder(),
    registry: gate.address,
  });
  if (digest === undefined) throw new Error(`the calm build failed: ${error?.message} ${stderr}`);
  const ms = Date.now() - start;
  const targetRequests = gate.requests.length;
  const requests = project.index.requests.length + project.upstream.requests.length - before + targetRequests;
  await server.close();
  return { digest, requests, targetRequests, ms, content: await registryContent(root) };
}
