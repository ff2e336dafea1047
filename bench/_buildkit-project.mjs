// The project that both sides build: a service with 60 locked packages, its source, and the peer's Dockerfile.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const dependencies = [
  ...["pandas", "scikit-learn", "pyarrow", "matplotlib", "statsmodels", "fastapi", "uvicorn[standard]", "httpx"],
  ...["sqlalchemy", "alembic", "boto3", "requests", "jinja2", "orjson"],
];

/** Added one at a time; none of them needs another package. */
export const additions = ["structlog", "tenacity", "prometheus-client", "humanize", "tabulate", "xxhash", "inflection"];

/** Where uv keeps downloads is the same for all locks; the locks themselves are made once, before anything is measured. */
function lock(folder, { uv, python }) {
  execFileSync(uv, ["lock", "--quiet", "--python", python], {
    cwd: folder,
    env: { ...process.env, UV_PYTHON_DOWNLOADS: "never", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

function pyproject(names) {
  return `[project]
name = "forecast"
version = "1.0"
requires-python = "==3.12.*"
dependencies = ${JSON.stringify(names)}

[tool.uv]
package = false
environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
`;
}

/**
 * Writes the project and locks it, alone and with each of the additions.
 *
 * @param tools paths of uv and of a CPython 3.12
 * @returns `addPackage` and `editSource` change the project in place, as a person would
 */
export async function writeProject(folder, tools) {
  const project = path.join(folder, "project");
  const locks = path.join(folder, "locks");
  const source = path.join(project, "src", "forecast");
  await mkdir(source, { recursive: true });
  await writeFile(path.join(source, "__init__.py"), "");
  await writeFile(path.join(source, "__main__.py"), 'print("forecast")\n');
  for (let module = 0; module < 200; module++) {
    await writeFile(path.join(source, `step_${module}.py`), `WEIGHTS = [${"0.5, ".repeat(600)}]\n`.repeat(2));
  }
  for (const addition of [undefined, ...additions]) {
    const one = path.join(locks, addition ?? "none");
    await mkdir(one, { recursive: true });
    await writeFile(path.join(one, "pyproject.toml"), pyproject(addition ? [...dependencies, addition] : dependencies));
    // From the lock before, so that all of them have the same versions.
    if (addition !== undefined) await cp(path.join(locks, "none", "uv.lock"), path.join(one, "uv.lock"));
    lock(one, tools);
  }
  const use = (addition) => cp(path.join(locks, addition ?? "none"), project, { recursive: true });
  await use(undefined);
  const packages = (await readFile(path.join(project, "uv.lock"), "utf8")).match(/^\[\[package\]\]$/gm)?.length ?? 0;
  return {
    folder: project,
    /** Without the project itself. */
    packages: packages - 1,
    addPackage: use,
    editSource: (run) => writeFile(path.join(source, "settings.py"), `REVISION = ${JSON.stringify(run)}\n`),
  };
}

/**
 * As uv's guide to Docker recommends: uv from its image, a cache mount, lock and project file bound, dependencies apart from the
 * source, an image without uv. Better than the guide's in two ways: the environment and the source are layers of their own, so that an
 * edit does not move the packages; and nothing that needs the files (WORKDIR does) comes after them, so that BuildKit need not join
 * them to see what an edit changed.
 *
 * @param link `COPY --link`, which Engine 20.10 does not know
 */
export function peerDockerfile({ uvImage, link }) {
  const copy = link ? "COPY --link" : "COPY";
  return `FROM python:3.12-slim AS packages
COPY --from=${uvImage} /uv /usr/bin/uv
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target=uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\
    uv sync --locked --no-install-project --no-dev

FROM python:3.12-slim
RUN groupadd --system --gid 65532 app && useradd --system --uid 65532 --gid 65532 --create-home app
WORKDIR /app
${copy} --from=packages /app/.venv /app/.venv
${copy} --chown=65532:65532 src /app/src
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app/src
USER app
CMD ["python", "-m", "forecast"]
`;
}
