"""Makes a conda channel: conda-channel.py FOLDER TREE MINOR; TREE is a Python under usr/local, as the official images have it."""
import bz2
import hashlib
import io
import json
import os
import sys
import tarfile

folder, tree, minor = sys.argv[1:]


def package(subdir, name, version, build, files, depends):
    """files: path in the package to (mode, bytes) or a link target."""
    index = {"name": name, "version": version, "build": build, "build_number": 0, "depends": depends, "subdir": subdir}
    index["arch"], index["platform"] = "x86_64", "linux"
    paths = []
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2", compresslevel=1) as archive:

        def add(path, content, mode=0o644):
            info = tarfile.TarInfo(path)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size, info.mode = len(content), mode
                archive.addfile(info, io.BytesIO(content))

        for path, (mode, content) in sorted(files.items()):
            add(path, content, mode)
            data = content if isinstance(content, bytes) else b""
            kind = "hardlink" if isinstance(content, bytes) else "softlink"
            paths.append({"_path": path, "path_type": kind, "sha256": hashlib.sha256(data).hexdigest(), "size_in_bytes": len(data)})
        add("info/index.json", json.dumps(index).encode())
        add("info/paths.json", json.dumps({"paths": paths, "paths_version": 1}).encode())
        add("info/files", "\n".join(files).encode())
    data = out.getvalue()
    filename = "%s-%s-%s.tar.bz2" % (name, version, build)
    os.makedirs("%s/%s" % (folder, subdir), exist_ok=True)
    with open("%s/%s/%s" % (folder, subdir, filename), "wb") as file:
        file.write(data)
    return filename, dict(index, md5=hashlib.md5(data).hexdigest(), sha256=hashlib.sha256(data).hexdigest(), size=len(data))


python = {}
for base, _, names in os.walk(tree):
    for name in names:
        path = os.path.join(base, name)
        relative = os.path.relpath(path, tree)
        if os.path.islink(path):
            python[relative] = (0o777, os.readlink(path))
        else:
            with open(path, "rb") as file:
                python[relative] = (os.stat(path).st_mode & 0o777, file.read())
site = "lib/python%s/site-packages" % minor
extra = {
    site + "/from_conda.py": (0o644, b"where = 'conda'\n"),
    site + "/from_conda-2.0.dist-info/METADATA": (0o644, b"Metadata-Version: 2.1\nName: from-conda\nVersion: 2.0\n"),
}
tool = {"bin/conda-tool": (0o755, b"#!/bin/sh\necho a tool of conda\n")}
channel = {
    "linux-64": [
        package("linux-64", "python", minor + ".0", "0", python, []),
        package("linux-64", "from-conda", "2.0", "0", extra, ["python %s.*" % minor]),
        package("linux-64", "conda-tool", "1.0", "0", tool, ["from-conda >=2"]),
        package("linux-64", "conda-tool", "0.9", "0", tool, []),
    ],
    "noarch": [],
}
for subdir, packages in channel.items():
    os.makedirs("%s/%s" % (folder, subdir), exist_ok=True)
    document = {"info": {"subdir": subdir}, "packages": dict(packages), "packages.conda": {}, "repodata_version": 1}
    with open("%s/%s/repodata.json" % (folder, subdir), "w") as file:
        json.dump(document, file)
