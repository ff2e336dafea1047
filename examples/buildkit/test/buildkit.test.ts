import { createRequire } from "node:module";
import path from "node:path";
import { enginesUnderTest, requireStack, run, temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";

const example = path.dirname(import.meta.dirname);
const bin = path.join(
  path.dirname(createRequire(import.meta.url).resolve("imagespec/package.json")),
  "bin",
  "imagespec.js",
);
const { daemons, ...options } = enginesUnderTest();

test.for(daemons)("it builds with %s, is found again, and runs", async (daemon, context) => {
  const stack = await requireStack(context, options);
  const place =
    daemon === "buildkitd"
      ? { BUILDKIT_HOST: stack.buildkit?.address }
      : { BUILDKIT_HOST: undefined, DOCKER_HOST: stack.engines[daemon]?.dockerHost };
  await using folder = await temporaryFolder();
  // Of its own: what another daemon made a moment ago would be found.
  const name = `acme/rates-${process.pid}-${daemon.replace(".", "-")}`;
  const imagespec = (...args: readonly string[]) =>
    run(
      [
        ...[process.execPath, bin, ...args, "image.yaml", "--registry", stack.registry, "--name", name],
        ...["--mirror", `docker.io=${stack.registry}`, "--cache-dir", folder.path],
      ],
      { cwd: example, env: { ...place, DOCKER_CONFIG: stack.dockerConfig, NO_COLOR: "1" } },
    );

  const reference = (await imagespec("build", "--quiet")).stdout.trim();
  expect(reference).toMatch(/\/acme\/rates-[^:]+:u1-[a-z2-7]{16}$/);
  expect((await imagespec("plan")).stdout).toContain("exists");
  const { stdout } = await stack.docker(["run", "--rm", reference, "CHF"]);
  expect(stdout).toBe("23 Nov  0.9312\n24 Nov  0.9327\n25 Nov  0.9305\n");
});
