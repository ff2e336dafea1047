import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { isFlytekitRequest, parseFlytekitRequest } from "@imagespec/flytekit";
import { temporaryFolder } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { main } from "../src/main.ts";
import { testContext } from "../src/testing/test-context.ts";

const guide = readFileSync(new URL("../../../docs/guide/coming-from-flytekit.md", import.meta.url), "utf8");

/** The block of a file that the guide shows. */
function block(name: string): string {
  const fence = new RegExp(`^\`\`\`\\w+ ${name.replaceAll(".", "\\.")}\\n(.*?)^\`\`\``, "ms");
  return fence.exec(guide)?.[1] ?? "";
}

describe("docs/guide/coming-from-flytekit.md", () => {
  test("its spec file has the image name that it says, and becomes the spec that it shows", async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.join("spec.yaml"), block("spec.yaml"));
    const context = testContext(folder.path, { IMAGESPEC_CACHE_DIR: folder.join("cache") });
    expect(await main(["import", "flytekit", "spec.yaml"], context)).toBe(0);
    const { stdout } = context.output();
    const shown = block("train.image.yaml");
    expect(stdout.slice(0, shown.length)).toBe(shown);
    expect(guide).toContain(`\`${/^# image (\S+)$/m.exec(stdout)?.[1]}\``);
    expect(parse(stdout)).toMatchObject({ name: "train", packages: ["numpy==1.26.4", "flytekit==1.16.31"] });
  });

  test("its request is one", () => {
    const request = block("request.json");
    expect(isFlytekitRequest(request)).toBe(true);
    expect(parseFlytekitRequest(request, { file: "request.json" })).toMatchObject({
      version: "1.16.31",
      python: "3.11",
    });
  });

  test("it names every error of flytekit's specs", async () => {
    const source = new URL("../../flytekit/src/errors/flytekit-error.ts", import.meta.url);
    const codes = new Set(readFileSync(source, "utf8").match(/FLYTEKIT_[A-Z_]+/g));
    const section = guide.split("## Errors\n")[1]?.split("\n## ")[0] ?? "";
    expect(new Set(section.match(/FLYTEKIT_[A-Z_]+/g))).toEqual(codes);
  });
});
