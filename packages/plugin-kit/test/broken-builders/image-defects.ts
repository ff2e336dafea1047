import { type BrokenBuilder, claims, entries, fake, text } from "./broken-builder.ts";

let count = 0;

/** Builders that break what the suite says about the image contract. */
export const imageDefects: readonly BrokenBuilder[] = [
  {
    defect: "writes files outside of the image",
    caughtBy: "image contract/sound",
    says: /\.\.\/outside/,
    create: fake({ entries: (list) => [...list, text("../outside", "x")] }),
  },
  {
    defect: "leaves pip behind",
    caughtBy: "image contract/venv",
    says: /venv-pip: pip is there/,
    create: fake({ entries: (list) => [...list, text("opt/venv/bin/pip", "x")] }),
  },
  {
    defect: "gives the environment to the user",
    caughtBy: "image contract/venv",
    says: /venv-owner: not root's/,
    create: entries((entry) => (entry.path.startsWith("opt/venv") ? { ...entry, uid: 65_532, gid: 65_532 } : entry)),
  },
  {
    defect: "installs what nobody asked for",
    caughtBy: "image contract/distributions",
    says: /conf-extra 1\.0 is installed and was not asked for/,
    create: fake({
      entries: (list) => [
        ...list,
        text(
          "opt/venv/lib/python3.12/site-packages/conf_extra-1.0.dist-info/METADATA",
          "Name: conf-extra\nVersion: 1.0\n",
        ),
      ],
    }),
  },
  {
    defect: "writes no RECORD",
    caughtBy: "image contract/importable",
    says: /has no RECORD/,
    create: entries((entry) => (entry.path.endsWith("/RECORD") ? [] : entry)),
  },
  {
    defect: "writes programs that cannot be run",
    caughtBy: "image contract/importable",
    says: /conf-alpha-run cannot be run/,
    create: entries((entry) => (entry.path.endsWith("conf-alpha-run") ? { ...entry, mode: 0o644 } : entry)),
  },
  {
    defect: "rewrites line ends of the source",
    caughtBy: "image contract/source",
    says: /\/app\/train\/crlf\.txt has other bytes/,
    create: entries((entry) =>
      entry.type === "file" && entry.path.endsWith("crlf.txt") ? { ...entry, content: "a\nb\n" } : entry,
    ),
  },
  {
    defect: "takes modes from the machine",
    caughtBy: "image contract/source-modes",
    says: /\/app\/run\.sh has mode 644 instead of 755/,
    create: entries((entry) =>
      entry.path.startsWith("app/") && entry.type === "file" ? { ...entry, mode: 0o644 } : entry,
    ),
  },
  {
    defect: "makes source importable by PYTHONPATH",
    caughtBy: "image contract/source-path",
    says: /pythonpath: PYTHONPATH is set/,
    create: fake({ config: (config) => ({ ...config, Env: [...(config.Env ?? []), "PYTHONPATH=/app"] }) }),
  },
  {
    defect: "runs as root",
    caughtBy: "image contract/user",
    says: /user: the user is "root" instead of "imagespec"/,
    create: fake({ config: (config) => ({ ...config, User: "root" }) }),
  },
  {
    defect: "lets a shell see the environment",
    caughtBy: "image contract/env",
    says: /env: CONF_DOLLARS is/,
    create: fake({
      config: (config) => ({ ...config, Env: (config.Env ?? []).map((line) => line.replaceAll("$HOME", "/root")) }),
    }),
  },
  {
    defect: "trims labels",
    caughtBy: "image contract/labels",
    says: /labels: dev\.example\.spaces is "two {2}spaces" instead of/,
    create: fake({
      config: (config) => ({
        ...config,
        Labels: Object.fromEntries(Object.entries(config.Labels ?? {}).map(([name, value]) => [name, value.trim()])),
      }),
    }),
  },
  {
    defect: "wraps the entrypoint in a shell",
    caughtBy: "image contract/entrypoint",
    says: /entrypoint: the entrypoint is \["\/bin\/sh"/,
    create: fake({
      config: (config) => ({ ...config, Entrypoint: ["/bin/sh", "-c", (config.Entrypoint ?? []).join(" ")] }),
    }),
  },
  {
    defect: "forgets what the base says",
    caughtBy: "image contract/inherited",
    says: /PYTHON_VERSION of the base is not set/,
    create: fake({
      config: (config) => ({ ...config, Env: (config.Env ?? []).filter((line) => !line.startsWith("PYTHON_VERSION")) }),
    }),
  },
  {
    defect: "loses the base's entrypoint",
    caughtBy: "image contract/base-command",
    says: /entrypoint: the entrypoint is \[\] instead of|cmd: the cmd is/,
    create: fake({ config: ({ Entrypoint: _none, ...config }) => config }),
  },
  {
    defect: "keeps the base's cmd beside a new entrypoint",
    caughtBy: "image contract/clears-cmd",
    says: /cmd: the cmd is \["-m","conf_base"\] instead of \[\]/,
    create: fake({ config: (config) => ({ ...config, Cmd: config.Cmd ?? ["-m", "conf_base"] }) }),
  },
  {
    defect: "replaces the base's user",
    caughtBy: "image contract/base-user",
    says: /user: the user is "imagespec" instead of "1234:1234"/,
    create: fake({ config: (config) => ({ ...config, User: "imagespec" }) }),
  },
  {
    defect: "does not know the field user",
    caughtBy: "image contract/spec-user",
    says: /user: the user is "imagespec" instead of "0:0"/,
    create: fake({ config: (config) => ({ ...config, User: "imagespec" }) }),
  },
  {
    defect: "does not know the field workdir",
    caughtBy: "image contract/workdir",
    says: /workdir: the workdir is "\/app" instead of "\/srv\/my app"/,
    create: fake({ config: (config) => ({ ...config, WorkingDir: "/app" }) }),
  },
  {
    defect: "makes no environment without packages",
    caughtBy: "image contract/no-packages",
    says: /venv: \/opt\/venv\/pyvenv\.cfg is not there/,
    create: fake({
      entries: (list, { packages }) =>
        packages.length > 0 ? list : list.filter(({ path }) => !path.startsWith("opt/")),
    }),
  },
  {
    defect: "does not stand on its base",
    caughtBy: "image contract/nested",
    says: /conf-beta is not installed instead of 1\.0/,
    create: entries((entry) => (entry.path.includes("conf_beta") ? [] : entry)),
  },
  {
    defect: "claims runtime packages",
    caughtBy: "image contract/runtime-packages",
    says: /\/home\/imagespec\/runtime is not a folder of the user/,
    create: entries((entry) => (entry.path.includes("runtime") ? [] : entry)),
  },
  {
    defect: "claims bytecode",
    caughtBy: "image contract/bytecode",
    says: /bytecode: the venv has no compiled files/,
    create: claims("bytecode"),
  },
  {
    defect: "claims empty bases",
    caughtBy: "image contract/scratch",
    says: /\/app\/run\.sh is not there/,
    create: fake({
      entries: (list, { resolvedBase }) => (resolvedBase.kind === "scratch" ? list.slice(0, 1) : list),
    }),
  },
  {
    defect: "claims to be reproducible",
    caughtBy: "image contract/reproducible",
    says: /\/opt\/venv\/built differs in digest/,
    create: fake({ entries: (list) => [...list, text("opt/venv/built", String(++count))] }),
  },
  {
    defect: "claims to run commands",
    caughtBy: "image contract/command-phases",
    says: /\/conf-system is not there/,
    create: claims("commands"),
  },
  {
    defect: "claims to run commands to the letter",
    caughtBy: "image contract/command-verbatim",
    says: /\/conf-text is not there/,
    create: claims("commands"),
  },
  {
    defect: "claims sdists",
    caughtBy: "image contract/sdist",
    says: /fails where it has to build: SPEC_NO_WHEEL/,
    create: claims("sdists"),
  },
  {
    defect: "claims Debian packages",
    caughtBy: "image contract/apt-packages",
    says: /dpkg knows nothing of "netbase"/,
    create: claims("apt-packages"),
  },
  {
    defect: "claims interpreters of the base",
    caughtBy: "image contract/python-exec",
    says: /pyvenv\.cfg holds/,
    create: claims("python-exec"),
  },
  {
    defect: "claims ONBUILD",
    caughtBy: "image contract/onbuild",
    says: /fails where it has to build: BASE_UNSUPPORTED/,
    create: claims("onbuild"),
  },
  {
    defect: "says that sources can be appended and has another working directory without one",
    caughtBy: "image contract/source-appended",
    says: /its working directory is "\/srv"/,
    create: fake({
      appendableSource: true,
      config: (config, { source }) => (source.files.length > 0 ? config : { ...config, WorkingDir: "/srv" }),
    }),
  },
];
