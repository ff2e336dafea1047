import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pythonTree, run } from "@imagespec/test-support";
import { expect, test } from "vitest";

const linter = "cfn-lint==1.58.0";

// Terraform comes from no package registry: its template is held to the policies by a unit test alone.
test.skipIf(process.env["IMAGESPEC_WHOLE"] === undefined)(
  "the template of CloudFormation is what its linter takes",
  { timeout: 300_000 },
  async () => {
    const tree = await pythonTree("3.12");
    const python = join(tree.folder, "bin", "python3");
    const env = { LD_LIBRARY_PATH: join(tree.folder, "lib") };
    const folder = join(dirname(tree.cache), "tools", linter.replace("==", "-"));
    if (!existsSync(folder)) {
      const partial = `${folder}.${process.pid}.partial`;
      try {
        const install = ["install", "--quiet", "--root-user-action=ignore", "--target", partial, linter];
        await run([python, "-m", "pip", ...install], { env, timeoutMs: 240_000 });
        await rename(partial, folder);
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
    }
    const template = join(import.meta.dirname, "..", "templates", "cloudformation.yaml");
    const { stdout } = await run(
      [python, "-c", "import sys; from cfnlint.runner import main; sys.exit(main())", template],
      { env: { ...env, PYTHONPATH: folder } },
    );
    expect(stdout).toBe("");
  },
);
