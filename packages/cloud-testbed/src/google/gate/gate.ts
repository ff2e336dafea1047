import { GoogleError } from "../google-error.ts";
import { ConnectionDropped } from "../http/serve-http.ts";
import type { Denials } from "./denials.ts";
import { failureOf, type GoogleFaults } from "./faults.ts";

/** Every operation that is recorded, and that a fault can be scripted for. */
export type GoogleOperation =
  | "CreateBuild"
  | "GetBuild"
  | "ListBuilds"
  | "CancelBuild"
  | "GetOperation"
  | "CancelOperation"
  | "GetRepository"
  | "CreateRepository"
  | "GetTag"
  | "GetRepositoryOperation"
  | "GetSecret"
  | "AccessSecretVersion"
  | "storage.buckets.get"
  | "storage.buckets.create"
  | "storage.buckets.list"
  | "storage.buckets.update"
  | "storage.buckets.delete"
  | "storage.buckets.testIamPermissions"
  | "storage.objects.create"
  | "storage.objects.get"
  | "storage.objects.download"
  | "storage.objects.list"
  | "storage.objects.update"
  | "storage.objects.delete"
  | `registry.${string}`
  | "token";

/** A request that has been received. */
export interface RecordedRequest {
  readonly operation: GoogleOperation;
  readonly transport: "grpc" | "rest" | "build";
  /** The message, or what is worth knowing of a request without one. */
  readonly request: object;
  /** E-mail address of who sent it; nothing over an insecure gRPC channel, which takes no tokens along. */
  readonly principal?: string;
  /** `x-goog-request-params` of gRPC: by it the service finds the region. */
  readonly routing?: string;
  /** How it ended: `OK`, the name of an error's status, or `DROPPED`. */
  outcome?: string;
}

/** What every request passes: it is recorded, scripted faults hit it, and missing rights refuse it. */
export interface Gate {
  readonly requests: readonly RecordedRequest[];
  /** @param needs permissions on resources, all of which the principal must have */
  pass<Result>(
    request: RecordedRequest,
    work: () => Promise<Result>,
    needs?: readonly { readonly permission: string; readonly resource: string }[],
  ): Promise<Result>;
}

export function createGate(faults: GoogleFaults, denials: Denials): Gate {
  const requests: RecordedRequest[] = [];
  return {
    requests,
    async pass(request, work, needs = []) {
      requests.push(request);
      try {
        const fault = faults.take(request.operation);
        if (fault !== undefined && fault.answerLost !== true) throw failureOf(fault);
        for (const { permission, resource } of needs) denials.check(permission, resource, request.principal);
        const result = await work();
        if (fault !== undefined) throw failureOf(fault);
        request.outcome = "OK";
        return result;
      } catch (error) {
        if (error instanceof GoogleError) request.outcome = error.status;
        else if (error instanceof ConnectionDropped) request.outcome = "DROPPED";
        else throw error;
        throw error;
      }
    },
  };
}
