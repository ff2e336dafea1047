import { expect, test } from "vitest";
import { requireStack, serveCondaChannel } from "../src/index.ts";

const install = `
import asyncio, sys, rattler

async def main(channel):
    records = await rattler.solve([channel], ["greeter"], virtual_packages=rattler.VirtualPackage.detect())
    await rattler.install(records, target_prefix="/opt/conda", show_progress=False)
    print(*sorted(f"{record.name.normalized}={record.version}" for record in records))

asyncio.run(main(sys.argv[1]))
`;

test("py-rattler solves and installs a channel made here, in a container", async (context) => {
  const stack = await requireStack(context);
  await using channel = await serveCondaChannel();
  await using exposed = await stack.expose(channel.url);
  const script = [
    "pip install --quiet --root-user-action=ignore py-rattler",
    `python -c '${install}' ${exposed.url}`,
    "/opt/conda/bin/greet",
    "cat $(/opt/conda/bin/greeting-path)",
    "/opt/conda/bin/python -c 'import sys, sysconfig, ssl, sqlite3; print(sys.prefix, sysconfig.get_config_var(\"prefix\"))'",
    "head -n1 /opt/conda/bin/pip",
  ].join(" && ");
  const { stdout } = await stack.docker(["run", "--rm", "python:3.12-slim", "sh", "-c", script]);
  expect(stdout.split("\n")).toEqual([
    `greeter-data=2026.1 greeter=1.1 python=${stack.pythons["3.12"]}`,
    "greeter 1.1: hello from /opt/conda",
    "hello from /opt/conda",
    "/opt/conda /opt/conda",
    "#!/opt/conda/bin/python3.12",
    "",
  ]);
});

test("the packages are the same bytes whenever they are made", async () => {
  await using first = await serveCondaChannel({ python: false });
  await using second = await serveCondaChannel({ python: false, name: "main" });
  const [repodata, same] = await Promise.all(
    [first, second].map(async ({ url }) => (await fetch(`${url}/noarch/repodata.json`)).text()),
  );
  expect(same).toBe(repodata);
  expect(JSON.parse(repodata ?? "")).toMatchObject({
    packages: { "greeter-1.0-py_0.tar.bz2": { depends: ["greeter-data >=2026", "python >=3.12,<3.13.0a0"] } },
    "packages.conda": { "greeter-1.1-py_0.conda": { noarch: "python" } },
  });
});
