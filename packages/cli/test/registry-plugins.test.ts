import { startRegistryServer } from "@imagespec/registry-server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** A plugin that logs in everywhere, with the password of the configuration. */
async function installPlugin(): Promise<void> {
  await bench.write("package.json", JSON.stringify({ name: "p", dependencies: { "builder-acme": "1.0.0" } }));
  await bench.write(
    "node_modules/builder-acme/package.json",
    JSON.stringify({
      name: "builder-acme",
      version: "1.0.0",
      type: "module",
      exports: { "./registries": "./registries.js", ".": "./index.js" },
      imagespec: { contract: 1, builders: {}, registries: "./registries" },
    }),
  );
  await bench.write("node_modules/builder-acme/index.js", "");
  await bench.write(
    "node_modules/builder-acme/registries.js",
    `export const registries = () => [{
      name: "acme",
      matches: () => true,
      credentials: async () => ({ kind: "basic", username: "ann", password: "secret" }),
    }];`,
  );
}

test("builds and image commands log in as plugins of the project say", async () => {
  await using registry = await startRegistryServer({ auth: { users: { ann: "secret" } } });
  const args = ["build", "--registry", registry.address, "--quiet"];
  expect(await bench.run(args)).toMatchObject({ exitCode: 4 });
  await installPlugin();
  const built = await bench.run(args);
  expect(built).toMatchObject({ exitCode: 0, stderr: "" });
  const reference = built.stdout.trim();
  expect(await bench.run(["inspect", reference])).toMatchObject({ exitCode: 0 });
  expect(await bench.run(["copy", reference, `${registry.address}/acme/copy:1`])).toMatchObject({ exitCode: 0 });
});
