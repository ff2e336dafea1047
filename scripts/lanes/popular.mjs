// Fresh images of often downloaded packages, in groups: each builds with the assembler, and each module is imported in it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";

/** Requirement → module to import. Groups, so that one conflict does not hide the others. */
const groups = [
  {
    boto3: "boto3",
    requests: "requests",
    urllib3: "urllib3",
    certifi: "certifi",
    idna: "idna",
    "charset-normalizer": "charset_normalizer",
    "typing-extensions": "typing_extensions",
    packaging: "packaging",
    "python-dateutil": "dateutil",
    six: "six",
    pyyaml: "yaml",
    jmespath: "jmespath",
  },
  {
    numpy: "numpy",
    pandas: "pandas",
    scipy: "scipy",
    "scikit-learn": "sklearn",
    matplotlib: "matplotlib.pyplot",
    pillow: "PIL.Image",
    pyarrow: "pyarrow",
    polars: "polars",
    numba: "numba",
    sympy: "sympy",
    networkx: "networkx",
    xgboost: "xgboost",
  },
  {
    cryptography: "cryptography.fernet",
    cffi: "cffi",
    pydantic: "pydantic",
    fastapi: "fastapi",
    starlette: "starlette",
    uvicorn: "uvicorn",
    httpx: "httpx",
    aiohttp: "aiohttp",
    anyio: "anyio",
    click: "click",
    jinja2: "jinja2",
    markupsafe: "markupsafe",
    rich: "rich",
    typer: "typer",
  },
  {
    protobuf: "google.protobuf",
    grpcio: "grpc",
    "google-auth": "google.auth",
    "google-cloud-storage": "google.cloud.storage",
    "azure-core": "azure.core",
    "azure-identity": "azure.identity",
    kubernetes: "kubernetes",
    docker: "docker",
    fsspec: "fsspec",
    s3fs: "s3fs",
  },
  {
    sqlalchemy: "sqlalchemy",
    "psycopg2-binary": "psycopg2",
    pymysql: "pymysql",
    redis: "redis",
    celery: "celery",
    flask: "flask",
    django: "django",
    werkzeug: "werkzeug",
    lxml: "lxml.etree",
    beautifulsoup4: "bs4",
    openpyxl: "openpyxl",
    psutil: "psutil",
  },
  {
    setuptools: "setuptools",
    wheel: "wheel",
    pytest: "pytest",
    attrs: "attr",
    jsonschema: "jsonschema",
    referencing: "referencing",
    "rpds-py": "rpds",
    tqdm: "tqdm",
    filelock: "filelock",
    platformdirs: "platformdirs",
    virtualenv: "virtualenv",
    ruff: "ruff",
    orjson: "orjson",
    msgpack: "msgpack",
  },
];

const command = path.join(root, "packages", "cli", "bin", "imagespec.js");
const total = { passed: 0, failed: 0, skipped: 0 };

await setUp();
const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-popular-"));
try {
  for (const [index, group] of groups.entries()) {
    const file = path.join(folder, `group-${index}.image.yaml`);
    const spec = { name: `popular/group-${index}`, baseImage: { debian: "trixie" }, packages: Object.keys(group) };
    await writeFile(file, JSON.stringify(spec));
    const build = await run(process.execPath, [command, "build", file], { allowFailure: true, capture: true });
    total[build.code === 0 ? "passed" : "failed"]++;
    if (build.code !== 0) continue;
    const modules = Object.values(group);
    const program = `import importlib, json\nfailed = {}\nfor name in ${JSON.stringify(modules)}:\n    try: importlib.import_module(name)\n    except BaseException as error: failed[name] = repr(error)\nprint(json.dumps(failed))`;
    const { code, stdout } = await run(process.execPath, [command, "run", file, "--", "python", "-c", program], {
      allowFailure: true,
      capture: true,
    });
    const failed =
      code === 0
        ? JSON.parse(stdout.trim().split("\n").at(-1))
        : Object.fromEntries(modules.map((name) => [name, `run ended with ${code}`]));
    for (const [name, reason] of Object.entries(failed)) say(`✗ ${name}: ${reason}`);
    total.failed += Object.keys(failed).length;
    total.passed += modules.length - Object.keys(failed).length;
    say(
      `group ${index + 1} of ${groups.length}: ${modules.length - Object.keys(failed).length} of ${modules.length} modules imported`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
