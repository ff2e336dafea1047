import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { capabilities } from "../src/builder/capabilities.ts";
import { parseSpecText } from "../src/loaders/parse-spec-text.ts";
import { ImageSpec } from "../src/spec/image-spec.ts";
import { specFields } from "../src/spec/spec-fields.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const docs = join(import.meta.dirname, "../../../docs");
/** The text of a page; the padding of tables is of no account. */
const read = async (page: string) => (await readFile(join(docs, page), "utf8")).replaceAll(/(?<=\S) +(?=\|)/g, " ");

function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, content = ""]) =>
    found === language ? [content] : [],
  );
}

describe("reference/image-spec.md", () => {
  test("has the row of every field as the field table has it", async () => {
    const page = await read("reference/image-spec.md");
    for (const [name, field] of Object.entries(specFields)) {
      expect(page).toContain(
        `| \`${name}\` | ${field.type} | ${field.default ?? "–"} | ${field.role} | ${field.description} |\n`,
      );
    }
  });

  test("names every field outside of the table too", async () => {
    const [, text = ""] = (await read("reference/image-spec.md")).split("## Where the image goes");
    const silent = Object.keys(specFields).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    // Said in full by its row.
    expect(silent).toEqual(["registryConfig"]);
  });
});

describe.each(["reference/image-spec.md", "guide/spec-files.md"])("%s", (page) => {
  test("has examples that are specs", async () => {
    const text = await read(page);
    for (const format of ["yaml", "json"] as const) {
      const found = blocks(text, format);
      expect(found.length).toBeGreaterThan(0);
      for (const block of found)
        expect(parseSpecText(block, { file: page, format }).specs.length, block).toBeGreaterThan(0);
    }
  });
});

test("plugins/capabilities.md has a row for every capability, and for nothing else", async () => {
  const rows = [...(await read("plugins/capabilities.md")).matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
  expect(rows.sort()).toEqual([...capabilities].sort());
});

test("the first YAML and JSON examples are one spec", async () => {
  const page = await read("reference/image-spec.md");
  const specs = (["yaml", "json"] as const).map(
    (format) => parseSpecText(blocks(page, format)[0] ?? "", { file: page, format }).specs[0]?.spec,
  );
  expect(specs[0]?.toJSON()).toEqual(specs[1]?.toJSON());
});

describe("README.md", () => {
  test("shows the files that the tests below run", async () => {
    const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
    const shown = [...readme.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)];
    expect(shown.map(([, name]) => name)).toEqual(["resolve.ts", "problems.ts", "build.ts"]);
    for (const [, name = "", code] of shown) {
      expect(code).toBe(await readFile(join(import.meta.dirname, "readme", name), "utf8"));
    }
  });

  test("has examples that print what they say, and build", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await import("./readme/resolve.ts");
    await import("./readme/problems.ts");
    const printed = log.mock.calls.map(([line]) => line);
    expect(printed[0]).toMatch(/^u1-/);
    expect(printed[1]).toEqual(["baseImage", "packages"]);
    expect(printed.slice(2)).toEqual([
      expect.stringMatching(/^packages\[0\]: .*; write "numpy==2"$/),
      expect.stringMatching(/^pythonVersion: /),
    ]);
    await using bench = await testBench();
    const { build } = await import("./readme/build.ts");
    expect(await build([fakeBuilder().builder], bench.registry)).toMatch(/\/acme\/train:u1-\S+ sha256:/);
    log.mockRestore();
  });
});

/** The names of `flytekit.image_spec` 1.15.4 and the fields that later versions added. */
const flytekitNames = {
  classes: ["DefaultImageBuilder", "ImageBuildEngine", "ImageSpec", "ImageSpecBuilder"],
  fields: [
    ...[
      "name",
      "python_version",
      "builder",
      "source_root",
      "env",
      "registry",
      "packages",
      "conda_packages",
      "conda_channels",
    ],
    ...["requirements", "apt_packages", "cuda", "cudnn", "base_image", "platform", "pip_index", "pip_extra_index_url"],
    ...[
      "pip_secret_mounts",
      "pip_extra_args",
      "registry_config",
      "entrypoint",
      "commands",
      "tag_format",
      "source_copy_mode",
    ],
    ...["copy", "python_exec", "runtime_packages", "builder_options", "builder_config"],
  ],
  methods: [
    ...[
      "build_image()",
      "should_build()",
      "build()",
      "get_registry()",
      "register()",
      "exist()",
      "force_push()",
      "from_env()",
    ],
    ...["image_name()", "is_container()", "with_apt_packages()", "with_commands()", "with_copy()", "with_packages()"],
  ],
  properties: ["tag"],
  parameters: ["image_spec", "builder_type", "image_spec_builder", "priority", "pinned_packages", "kwargs", "src"],
};

describe("reference/compared-with-flytekit.md", () => {
  test.each(Object.entries(flytekitNames))("has a row for each of the %s", async (kind, names) => {
    const page = await read("reference/compared-with-flytekit.md");
    for (const name of names) {
      if (kind === "parameters") expect(page).toContain(`\`${name}\``);
      else expect(page, name).toMatch(new RegExp(`^\\| \`${name.replace(/[()]/g, "\\$&")}\` \\| [^|]+ \\|`, "m"));
    }
  });

  test("names counterparts that exist", async () => {
    const page = await read("reference/compared-with-flytekit.md");
    const fields = [...page.matchAll(/^\| `[a-z_]+` \| `(\w+)`/gm)].map(([, name]) => name);
    expect(fields.filter((name) => name !== undefined && name in specFields).length).toBeGreaterThan(25);
    for (const [, method = ""] of page.matchAll(/`(with[A-Z]\w*)\(/g))
      expect(ImageSpec.prototype).toHaveProperty(method);
  });
});
