import { loginScript } from "./login-script.ts";

/** The release of py-rattler that solves and installs; its wheels need Python 3.10. */
export const rattlerVersion: string = "0.28.0";

export const condaScript: string = `"""Makes the conda environment in /opt/conda with py-rattler.

usage: conda.py [--login ORIGIN=FILE]... [--netrc FILE]... [--channel CHANNEL]... [SPEC]...
"""
import asyncio
import os
import sys
from urllib.parse import unquote, urlsplit

${loginScript}


async def make(channels, specs):
    from rattler import Client, Gateway, VirtualPackage, install, solve
    from rattler.virtual_package.virtual_package import VirtualPackageOverrides

    client = Client.authenticated_client()
    records = await solve(
        sources=channels,
        specs=specs,
        gateway=Gateway(cache_dir="/build/cache/rattler/repodata", client=client),
        virtual_packages=VirtualPackage.detect(VirtualPackageOverrides.from_env()),
    )
    for record in sorted(records, key=lambda record: record.name.normalized):
        print("%s %s %s" % (record.name.normalized, record.version, record.build), flush=True)
    await install(
        records=records,
        target_prefix="/opt/conda",
        cache_dir="/build/cache/rattler/packages",
        client=client,
        show_progress=False,
    )


def main():
    logins, netrcs, arguments = take_logins(sys.argv[1:])
    netrc = write_netrc(logins, netrcs)
    if netrc is not None:
        os.environ["NETRC"] = netrc
    channels, specs = [], []
    while arguments:
        if arguments[0] == "--channel":
            channels.append(arguments[1])
            arguments = arguments[2:]
        else:
            specs.append(arguments[0])
            arguments = arguments[1:]
    asyncio.run(make(channels, specs))


main()
`;
