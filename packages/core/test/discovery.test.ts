import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BuilderRegistry, discoverPlugins } from "../src/index.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

const builderText = (name: string, priority = 50): string => `({
  name: ${JSON.stringify(name)}, contractVersion: 1, priority: ${priority}, capabilities: new Set(["commands"]),
  async shouldBuild() { return { action: "build" }; },
  async build() { throw new Error("not for building"); },
})`;

/** Modules of a plugin: `create` makes the builder and notes its options, `./register` goes to the registry of the process. */
function pluginFiles(
  name: string,
  builder: string,
  extra: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, string>> {
  return {
    "package.json": JSON.stringify({
      name,
      version: "1.2.3",
      type: "module",
      exports: { ".": "./index.js", "./register": { import: "./register.js" }, "./cli": "./cli.js" },
      imagespec: { contract: 1, builders: { [builder]: "create" }, register: "./register", cli: "./cli" },
      ...extra,
    }),
    "index.js": `export const create = (options) => { (globalThis.__made ??= []).push([${JSON.stringify(builder)}, options]); return ${builderText(builder)}; };`,
    "register.js": `import { create } from "./index.js";
      globalThis[Symbol.for("dev.imagespec.builder-registry.v1")].register(create("self"), { origin: "${name}@1.2.3" });`,
    "cli.js": `export const cli = { commands: [{ name: "${builder}" }], doctor: [] };`,
  };
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

const project = (dependencies: readonly string[], field = "dependencies"): Readonly<Record<string, string>> => ({
  "package.json": JSON.stringify({ name: "app", [field]: Object.fromEntries(dependencies.map((name) => [name, "*"])) }),
});

describe("discoverPlugins", () => {
  it("finds direct dependencies in the layouts of npm, pnpm and workspaces, and nothing transitive", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    // npm hoists the dependencies of dependencies: "hidden" lies beside "plain" and is nobody's direct dependency.
    await write(root, { "package.json": JSON.stringify({ name: "workspace", workspaces: ["apps/*"] }) });
    await write(
      join(root, "apps/one"),
      project(["@acme/plain", "@acme/linked", "@acme/member", "lodash", "not-installed"], "devDependencies"),
    );
    await write(
      join(root, "node_modules/@acme/plain"),
      pluginFiles("@acme/plain", "plain", { dependencies: { "@acme/hidden": "*" } }),
    );
    await write(join(root, "node_modules/@acme/hidden"), {
      ...pluginFiles("@acme/hidden", "hidden"),
      "index.js": "throw new Error('must not run')",
      "register.js": "throw new Error('must not run')",
    });
    await write(join(root, "node_modules/lodash"), { "package.json": '{"name":"lodash","version":"4.0.0"}' });
    // pnpm links into a store of its own, without hoisting.
    const store = join(root, "node_modules/.pnpm/@acme+linked@1/node_modules/@acme/linked");
    await write(store, pluginFiles("@acme/linked", "linked"));
    await mkdir(join(root, "apps/one/node_modules/@acme"), { recursive: true });
    await symlink(store, join(root, "apps/one/node_modules/@acme/linked"), "dir");
    await write(join(root, "packages/member"), pluginFiles("@acme/member", "member"));
    await symlink(join(root, "packages/member"), join(root, "apps/one/node_modules/@acme/member"), "dir");

    const registry = new BuilderRegistry();
    const found = await discoverPlugins({ folder: join(root, "apps/one"), registry });
    expect(found.problems).toEqual([]);
    expect(found.plugins.map(({ name, version }) => `${name} ${version}`)).toEqual([
      "@acme/linked 1.2.3",
      "@acme/member 1.2.3",
      "@acme/plain 1.2.3",
    ]);
    expect(registry.list().map(({ name, origin }) => `${name} ${origin}`)).toEqual([
      "linked @acme/linked@1.2.3",
      "member @acme/member@1.2.3",
      "plain @acme/plain@1.2.3",
    ]);
    const cli = await found.plugins[0]?.cli();
    expect(cli?.commands[0]?.name).toBe("linked");
  });

  it("lets plugins register themselves, and calls the factory of those that are configured", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    await write(root, project(["self-registering", "configured"], "optionalDependencies"));
    await write(join(root, "node_modules/self-registering"), pluginFiles("self-registering", "self-registering"));
    await write(join(root, "node_modules/configured"), pluginFiles("configured", "configured"));
    const { defaultBuilderRegistry } = await import("../src/index.ts");
    const registry = defaultBuilderRegistry();
    const config = { configured: { priority: 7, options: { size: 3 } } };
    const { problems } = await discoverPlugins({ folder: root, config });
    expect(problems).toEqual([]);
    expect(registry.get("configured")).toMatchObject({ priority: 7, origin: "configured@1.2.3" });
    expect(registry.get("self-registering")).toMatchObject({ priority: 50, origin: "self-registering@1.2.3" });
    const { __made: made } = globalThis as { __made?: readonly unknown[] };
    expect(made).toContainEqual(["configured", { size: 3 }]);
    expect(made).toContainEqual(["self-registering", "self"]);
    // The same package and version once more changes nothing.
    expect((await discoverPlugins({ folder: root, config })).problems).toEqual([]);
    for (const name of ["configured", "self-registering"]) registry.unregister(name);
  });

  it("keeps the others when one is broken, and says what is wrong with it", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    const names = ["a-throws", "b-contract", "c-field", "d-export", "e-builder", "f-module", "z-good"];
    await write(root, project(names));
    const broken = (name: string, extra: object, index?: string) =>
      write(join(root, "node_modules", name), {
        ...pluginFiles(name, name.slice(2), extra as Readonly<Record<string, unknown>>),
        ...(index === undefined ? {} : { "index.js": index }),
      });
    await broken("a-throws", {}, "throw new Error('missing library')");
    await broken("b-contract", { imagespec: { contract: 2, builders: {} } });
    await broken("c-field", { imagespec: { contract: 1 } });
    await broken("d-export", { imagespec: { contract: 1, builders: { export: "nothing" } } });
    await broken("e-builder", {}, "export const create = () => ({ name: 'builder' })");
    await broken("f-module", { exports: {} });
    await write(join(root, "node_modules/z-good"), pluginFiles("z-good", "good"));
    const registry = new BuilderRegistry();
    const { problems } = await discoverPlugins({ folder: root, registry });
    expect(registry.list().map(({ name }) => name)).toEqual(["good"]);
    expect(problems.map(({ name, error }) => [name, error.code, error.message])).toEqual([
      ["a-throws", "BUILDER_CONTRACT", 'the plugin "a-throws" cannot be loaded: missing library'],
      [
        "b-contract",
        "BUILDER_CONTRACT",
        expect.stringContaining('version "2" of the builder contract, this is version 1'),
      ],
      ["c-field", "BUILDER_CONTRACT", expect.stringContaining('no "builders"')],
      ["d-export", "BUILDER_CONTRACT", 'the plugin "d-export" has no export "nothing" for builder "export"'],
      ["e-builder", "BUILDER_CONTRACT", expect.stringContaining("e-builder@1.2.3")],
      ["f-module", "BUILDER_CONTRACT", 'the plugin "f-module" does not export "."'],
    ]);
  });

  it("reports builders that are configured and not installed, and takes the command's own plugins", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    await write(join(root, "app"), project(["shared"]));
    await write(join(root, "app/node_modules/shared"), pluginFiles("shared", "shared"));
    await write(join(root, "command"), project(["shared", "own"]));
    await write(join(root, "command/node_modules/shared"), {
      ...pluginFiles("shared", "shared"),
      "index.js": "throw new Error('the project wins')",
    });
    await write(join(root, "command/node_modules/own"), pluginFiles("own", "own"));
    const registry = new BuilderRegistry();
    const { plugins, problems } = await discoverPlugins({
      folder: join(root, "app"),
      extraFolders: [join(root, "command")],
      config: { nowhere: { options: {} } },
      registry,
    });
    expect(plugins.map(({ name }) => name)).toEqual(["shared", "own"]);
    expect(problems).toMatchObject([
      { name: "nowhere", error: { code: "PLUGIN_NOT_FOUND", details: { installed: ["own", "shared"] } } },
    ]);
    expect((await discoverPlugins({ folder: "/", registry })).plugins).toEqual([]);
  });

  it("has plugins make what they know of registries, and runs nothing else of them when no builder is needed", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    const withRegistries = (name: string, text: string): Promise<void> =>
      write(join(root, "node_modules", name), {
        ...pluginFiles(name, name, {
          exports: { ".": "./index.js", "./registries": "./registries.js" },
          imagespec: { contract: 1, builders: { [name]: "create" }, registries: "./registries" },
        }),
        "index.js": "throw new Error('no builder is needed')",
        "registries.js": text,
      });
    await write(root, project(["knows", "odd", "plain"]));
    await withRegistries(
      "knows",
      "export const registries = ({ host }) => [{ name: 'knows', matches: (r) => r === host }];",
    );
    await withRegistries("odd", "export const registries = () => [{ name: 'odd' }];");
    await write(join(root, "node_modules/plain"), pluginFiles("plain", "plain"));
    const { plugins, problems } = await discoverPlugins({
      folder: root,
      config: { knows: { options: { host: "r.acme.dev" } }, nowhere: {} },
      registersBuilders: false,
    });
    const [knows, odd, plain] = plugins;
    expect(problems).toEqual([]);
    expect((await knows?.registries())?.map((each) => [each.name, each.matches("r.acme.dev")])).toEqual([
      ["knows", true],
    ]);
    await expect(odd?.registries()).rejects.toMatchObject({
      code: "BUILDER_CONTRACT",
      message: expect.stringContaining('"registries"'),
    });
    expect(await plain?.registries()).toEqual([]);
  });
});
