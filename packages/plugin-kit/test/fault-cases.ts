import type { ErrorCode, ImageSpecError } from "@imagespec/errors";
import { type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import { expect } from "vitest";
import type { FaultMatch, FaultRule, StatusFault } from "../src/index.ts";
import { type BenchOptions, type FaultBench, openBench } from "./fault-bench.ts";

export type Case = readonly [name: string, rules: readonly FaultRule[]];
export type FailingCase = readonly [...Case, Failure];

/** What the error of a failing case is to say. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message?: RegExp;
  readonly hint?: RegExp;
  readonly details?: object;
}

export const always = "always";
export const postUpload: FaultMatch = { method: "POST", path: "/blobs/uploads/" };
export const putBlob: FaultMatch = { method: "PUT", path: "/blobs/uploads/" };
export const putManifest: FaultMatch = { method: "PUT", path: "/manifests/" };
export const getBlob: FaultMatch = { method: "GET", path: "/blobs/sha256" };
export const getManifest: FaultMatch = { method: "GET", path: "/manifests/" };
export const headManifest: FaultMatch = { method: "HEAD", path: "/manifests/" };

export const status = (code: number, more: Partial<StatusFault> = {}): StatusFault => ({
  ...more,
  kind: "status",
  status: code,
});

/** A bench in front of an embedded registry of its own. */
export async function withBench(
  options: BenchOptions & { readonly server?: RegistryServerOptions },
  run: (bench: FaultBench) => Promise<void>,
): Promise<void> {
  const { server, ...benchOptions } = options;
  await using registry = await startRegistryServer(server);
  await using bench = await openBench(registry.address, benchOptions);
  await run(bench);
}

export function expectFailure(error: ImageSpecError, { code, details, hint, message }: Failure): void {
  expect(error.code).toBe(code);
  expect(error.origin).toBe("registry");
  if (message !== undefined) expect(error.message).toMatch(message);
  if (hint !== undefined) expect(error.hint).toMatch(hint);
  if (details !== undefined) expect(error.details).toMatchObject(details);
}
