import { loginScript } from "./login-script.ts";

/** Runs on the image's own interpreter, Python 3.8 or newer, and needs nothing but its standard library. */
export const installScript: string = `"""Installs one group of packages into /opt/venv, and leaves nothing there but their own files.

usage: install.py [--login ORIGIN=FILE]... [--netrc FILE]... [OPTION OF UV PIP INSTALL]...
"""
import os
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

VENV = "/opt/venv"


${loginScript}


def child_environment(netrc):
    """The environment of uv: nothing that the base image sets for it, and what the machine has mounted."""
    drop = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    env.update(UV_CACHE_DIR="/build/cache", UV_LINK_MODE="copy", UV_NO_PROGRESS="1", NO_COLOR="1")
    env["UV_PYTHON_DOWNLOADS"] = "never"
    # Compiled files depend on the content of their source alone: times change when layers are copied.
    env["PYC_INVALIDATION_MODE"] = "CHECKED_HASH"
    if netrc is not None:
        env["NETRC"] = netrc
    if os.path.exists("/build/uv.toml"):
        env["UV_CONFIG_FILE"] = "/build/uv.toml"
    else:
        env["UV_NO_CONFIG"] = "1"
    if os.path.exists("/build/ca.pem"):
        for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"):
            env[name] = "/build/ca.pem"
    elif os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        # The base may trust more than uv does by itself.
        env["UV_SYSTEM_CERTS"] = "1"
    return env


def make_environment():
    """A virtual environment around the running interpreter: enough for uv, removed in the end."""
    shutil.rmtree(VENV, ignore_errors=True)
    minor = "python%d.%d" % sys.version_info[:2]
    os.makedirs("%s/lib/%s/site-packages" % (VENV, minor))
    os.mkdir(VENV + "/bin")
    made = [VENV + "/pyvenv.cfg", VENV + "/lib64", VENV + "/.lock"]
    with open(made[0], "w") as file:
        file.write("home = %s\\n" % os.path.dirname(sys.executable))
        file.write("include-system-site-packages = false\\n")
        file.write("version = %d.%d.%d\\n" % sys.version_info[:3])
    os.symlink("lib", made[1])
    for name, target in (("python", sys.executable), ("python3", "python"), (minor, "python")):
        os.symlink(target, "%s/bin/%s" % (VENV, name))
        made.append("%s/bin/%s" % (VENV, name))
    return made


def install(lines, options, env):
    if not lines:
        return
    command = ["/build/uv", "pip", "install", "--python", VENV + "/bin/python", "--no-deps", *options, "-r", "-"]
    done = subprocess.run(command, input="\\n".join(lines).encode(), env=env)
    if done.returncode != 0:
        sys.exit(done.returncode)


def main():
    logins, netrcs, options = take_logins(sys.argv[1:])
    env = child_environment(write_netrc(logins, netrcs))
    with open("/build/packages.txt", encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    # A commit of a repository has no hash that could be checked: its id is one.
    hashed = [line for line in lines if "sha256" in line]
    made = make_environment()
    install(hashed, ["--require-hashes", *options], env)
    install([line for line in lines if line not in hashed], options, env)
    for path in made:
        if os.path.lexists(path):
            os.remove(path)


main()
`;
