import { expect, test } from "vitest";
import { requireStack, servePythonMirror } from "../src/index.ts";

test("uv in a container without a Python takes one from a mirror made here", async (context) => {
  const stack = await requireStack(context);
  await using mirror = await servePythonMirror();
  await using exposed = await stack.expose(mirror.downloads);
  const image = `test-support-mirror-${process.pid}`;
  const dockerfile = `FROM python:3.12-slim AS uv
RUN pip install --quiet --root-user-action=ignore --target /uv uv
FROM debian:bookworm-slim
COPY --from=uv /uv/bin/uv /usr/bin/uv
`;
  await stack.docker(["build", "--quiet", "--tag", image, "-"], { input: dockerfile, env: { DOCKER_BUILDKIT: "1" } });
  try {
    const script = [
      "uv python install --quiet --install-dir /opt/python 3.12",
      "uv venv --quiet --python /opt/python/cpython-3.12-linux-x86_64-gnu/bin/python3.12 /opt/venv",
      "uv pip install --quiet --python /opt/venv six",
      "/opt/venv/bin/python -c 'import platform, six; print(platform.python_version(), six.__name__)'",
    ].join(" && ");
    const env = [
      "--env",
      `UV_PYTHON_DOWNLOADS_JSON_URL=${exposed.url}`,
      "--env",
      "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    ];
    const { stdout } = await stack.docker(["run", "--rm", ...env, image, "sh", "-c", script]);
    expect(stdout).toBe(`${mirror.versions["3.12"]} six\n`);
    expect(mirror.requests.filter((path) => path.endsWith(".tar.gz"))).toHaveLength(1);
  } finally {
    await stack.docker(["image", "rm", image]);
  }
});
