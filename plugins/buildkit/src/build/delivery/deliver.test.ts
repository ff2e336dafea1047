import type { BuildOutput } from "@imagespec/core";
import { expect, test } from "vitest";
import type { BuildkitDaemon } from "../../daemon/daemon.ts";
import type { EngineOperations } from "../../daemon/engine-operations.ts";
import { fakeDaemon, graphDriverFeatures, modernFeatures } from "../testing/fake-daemon.ts";
import { waysOf } from "./deliver.ts";
import type { DeliveryJob } from "./delivery-job.ts";

const solve = async () => ({ exporter: {}, contextBytes: 0 });
// Nothing is asked of it here.
const operations = {} as EngineOperations;
const here = "unix:///run/docker.sock";
const there = "tcp://build.example:2376";
const containerd = {
  kind: "engine",
  engine: operations,
  features: { ...modernFeatures, store: "containerd" },
} as const;
const graphDriver = { kind: "engine", engine: operations, features: graphDriverFeatures } as const;

const registry: BuildOutput = { kind: "registry", registry: "ghcr.io", repository: "acme/a", tag: "1" };
const loopback: BuildOutput = { ...registry, registry: "localhost:5000" };
const store: BuildOutput = { kind: "local-store", name: "acme/a:1" };

function names(output: BuildOutput, daemon: Partial<BuildkitDaemon>): readonly string[] {
  // What is looked at of a job.
  const job = { session: { daemon: fakeDaemon(solve, daemon) }, request: { output } } as unknown as DeliveryJob;
  return waysOf(job).map(({ name }) => name);
}

const push = "a push by the daemon";
const relay = "pushing through this machine";
const stream = "streaming the image through this machine";
const enginePush = "a push by the engine";
const load = "taking the image from the engine";

test.each<[string, BuildOutput, Partial<BuildkitDaemon>, readonly string[]]>([
  ["a buildkitd here", registry, { address: here }, [push, relay, stream]],
  ["a buildkitd there", registry, { address: there }, [push, stream]],
  ["a buildkitd there, a registry here", loopback, { address: there }, [stream]],
  ["a buildkitd there", store, { address: there }, [stream]],
  ["an engine with a store", registry, { ...containerd, address: here }, [push, relay, stream]],
  ["an engine with a store", store, { ...containerd, address: here }, [relay, stream]],
  ["an engine with a graph driver", registry, { ...graphDriver, address: here }, [relay, enginePush, load]],
  ["an engine with a graph driver there", registry, { ...graphDriver, address: there }, [enginePush, load]],
  ["an engine with a graph driver there", loopback, { ...graphDriver, address: there }, [load]],
  ["an engine with a graph driver", store, { ...graphDriver, address: here }, [relay, load]],
])("%s, to %j", (_, output, daemon, expected) => {
  expect(names(output, daemon)).toEqual(expected);
});

test("an engine that builds for itself", () => {
  const output: BuildOutput = { kind: "engine", host: "unix:///var/run/docker.sock", name: "acme/a:1" };
  expect(names(output, { ...containerd, address: here })).toEqual([relay, load]);
  expect(names({ ...output, host: there }, { ...containerd, address: here })).toEqual([relay, stream]);
});
