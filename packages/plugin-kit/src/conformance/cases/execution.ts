import type { ImageSpecInput } from "@imagespec/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { sdistName, sdistVersion } from "../session/made-sdist.ts";
import type { Session } from "../session/session.ts";
import { type StoredImage, textOf } from "../session/stored-image.ts";

const group = "image contract";
const hint =
  "do what the capability says, or do not declare it; to try what is executed, the setting base has to name an image with a shell and Python";
const hostile = `it's "quoted" $HOME \`ticks\` \\n 漢字`;

export const executionCases: readonly ConformanceCase[] = [
  {
    group,
    id: "command-phases",
    title: "runs commands as root, each in its phase: after system, packages, source",
    needs: ["commands"],
    async run(session) {
      const { indexUrl } = await session.environment();
      const here = (file: string) =>
        `if [ -e /app/run.sh ]; then echo source; else echo none; fi > ${file}; id -u >> ${file}`;
      const packages = 'python -c "import conf_beta; print(conf_beta.__version__)" > /conf-packages';
      await expectTexts(
        session,
        {
          packages: ["conf-beta"],
          pipIndex: indexUrl,
          sourceRoot: "src",
          commands: [
            { run: here("/conf-source"), after: "source" },
            { run: `${here("/conf-system")}; ls /opt/venv/lib 2>/dev/null >> /conf-system || true`, after: "system" },
            packages,
          ],
        },
        { "/conf-system": /^none\n0\n/, "/conf-packages": /^2\.0\.1\n$/, "/conf-source": /^source\n0\n$/ },
      );
    },
  },
  {
    group,
    id: "command-verbatim",
    title: "runs commands to the letter, in the order of the spec",
    needs: ["commands"],
    async run(session) {
      const quoted = hostile.replaceAll("'", "'\\''");
      const commands = [`printf '%s' '${quoted}' > /conf-text`, "printf one > /conf-order\nprintf two >> /conf-order"];
      const wanted = { "/conf-text": hostile, "/conf-order": "onetwothree" };
      await expectTexts(session, { commands: [...commands, "printf three >> /conf-order"] }, wanted);
    },
  },
  {
    group,
    id: "sdist",
    title: "builds a package from its source",
    needs: ["sdists"],
    async run(session) {
      const { indexUrl } = await session.environment();
      const breaches = session.breaches();
      const input = { packages: [sdistName], pipIndex: indexUrl, pipExtraArgs: `--no-binary ${sdistName}` };
      const { files } = await session.stored(await session.built(input));
      const info = `${sdistName.replaceAll("-", "_")}-${sdistVersion}.dist-info/METADATA`;
      breaches.check(
        [...files.keys()].some((path) => path.endsWith(info)),
        `${sdistName} is not installed`,
      );
      breaches.end(hint);
    },
  },
  {
    group,
    id: "apt-packages",
    title: "installs Debian packages",
    needs: ["apt-packages"],
    async run(session) {
      const breaches = session.breaches();
      const name = session.settings.aptPackage ?? "netbase";
      const { files } = await session.stored(await session.built({ aptPackages: [name] }));
      const isThere = [...files.keys()].some((path) => path.startsWith(`/var/lib/dpkg/info/${name}.`));
      breaches.check(isThere, `dpkg knows nothing of "${name}"`);
      const lists = [...files].filter(([path, { type }]) => path.startsWith("/var/lib/apt/lists/") && type === "file");
      breaches.check(
        lists.every(([, { size }]) => size < 100_000),
        `leaves package lists behind: ${lists.map(([path]) => path).slice(0, 2)}`,
      );
      breaches.end(hint);
    },
  },
  {
    group,
    id: "python-exec",
    title: "lets the environment see the packages of the base's interpreter",
    needs: ["python-exec"],
    async run(session) {
      await expectTexts(
        session,
        { pythonExec: await session.basePython() },
        { "/opt/venv/pyvenv.cfg": /^include-system-site-packages\s*=\s*true$/m },
      );
    },
  },
  {
    group,
    id: "onbuild",
    title: "carries out a base's ONBUILD instructions, or refuses the base",
    async run(session) {
      const breaches = session.breaches();
      const baseImage = await session.derivedBase("onbuild", (config) => ({
        ...config,
        OnBuild: ["RUN echo done > /conf-onbuild"],
      }));
      if (session.can("onbuild")) {
        await expectTexts(session, { baseImage }, { "/conf-onbuild": "done\n" });
        return;
      }
      const { error } = await session.trial({ baseImage });
      const isRefused = error?.code === "BASE_UNSUPPORTED" || error?.code === "NO_BUILDER";
      breaches.check(isRefused, `a base with ONBUILD comes to ${error?.code ?? "an image without what they say"}`);
      breaches.end('reject such a base with BASE_UNSUPPORTED, or carry the instructions out and declare "onbuild"');
    },
  },
];

async function expectTexts(
  session: Session,
  input: ImageSpecInput,
  wanted: Readonly<Record<string, string | RegExp>>,
): Promise<StoredImage> {
  const breaches = session.breaches();
  const image = await session.stored(await session.built(input));
  for (const [path, text] of Object.entries(wanted)) {
    const found = textOf(image.files, path);
    const fits = typeof text === "string" ? found === text : found !== undefined && text.test(found);
    breaches.check(fits, `${path} ${found === undefined ? "is not there" : `holds ${JSON.stringify(found)}`}`);
  }
  breaches.end(hint);
  return image;
}
