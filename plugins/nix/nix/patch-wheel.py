"""Rewrites a wheel so that its native code finds the loader and the libraries of a Nix store.

Runs in the Nix sandbox, with the environment of the derivation. The same wheel gives the same bytes: the order of files and
their times are those of the wheel, and files that change are stored uncompressed, which lets Nix see what they refer to.
"""

import base64
import csv
import hashlib
import io
import os
import stat
import subprocess
import sys
import tempfile
import zipfile

environment = os.environ
out = environment["out"]
loader = environment["loader"]
added = [folder for folder in environment["runpath"].split(":") if folder]


def patchelf(*arguments):
    done = subprocess.run([environment["patchelf"], *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit("patchelf %s: %s" % (" ".join(arguments), done.stderr.decode(errors="replace").strip()))
    return done.stdout.decode().strip()


def has_interpreter(data):
    """Whether an ELF file is a program: it has a PT_INTERP segment."""
    is_64, little = data[4] == 2, "little" if data[5] == 1 else "big"
    number = lambda at, size: int.from_bytes(data[at : at + size], little)
    table, size, count = (number(32, 8), number(54, 2), number(56, 2)) if is_64 else (number(28, 4), number(42, 2), number(44, 2))
    return any(number(table + index * size, 4) == 3 for index in range(count))


def is_dynamic(data):
    is_64, little = data[4] == 2, "little" if data[5] == 1 else "big"
    number = lambda at, size: int.from_bytes(data[at : at + size], little)
    table, size, count = (number(32, 8), number(54, 2), number(56, 2)) if is_64 else (number(28, 4), number(42, 2), number(44, 2))
    return any(number(table + index * size, 4) == 2 for index in range(count))


def patch(data):
    """The bytes of an ELF file with the run path of the store behind its own, which may lead to libraries of the wheel."""
    if data[:4] != b"\x7fELF" or len(data) < 64 or not is_dynamic(data):
        return data
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "file")
        with open(file, "wb") as handle:
            handle.write(data)
        os.chmod(file, 0o755)
        own = [part for part in patchelf("--print-rpath", file).split(":") if part]
        wanted = own + [part for part in added if part not in own]
        if wanted != own:
            patchelf("--set-rpath", ":".join(wanted), file)
        if has_interpreter(data):
            patchelf("--set-interpreter", loader, file)
        with open(file, "rb") as handle:
            return handle.read()


def fingerprint(data):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def is_own_record(name):
    return name.count("/") == 1 and name.endswith(".dist-info/RECORD")


changed = {}
with zipfile.ZipFile(environment["wheel"]) as source:
    for entry in source.infolist():
        data = source.read(entry)
        if data[:4] == b"\x7fELF":
            new = patch(data)
            if new != data:
                changed[entry.filename] = new

    with zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            data = changed.get(entry.filename)
            if data is None:
                data = source.read(entry)
            if is_own_record(entry.filename):
                rows = []
                for row in csv.reader(io.StringIO(data.decode("utf-8"))):
                    if row and row[0] in changed:
                        row = [row[0], fingerprint(changed[row[0]]), str(len(changed[row[0]]))]
                    rows.append(row)
                text = io.StringIO()
                csv.writer(text, lineterminator="\n").writerows(rows)
                data = text.getvalue().encode("utf-8")
            info = zipfile.ZipInfo(entry.filename, entry.date_time)
            info.external_attr = entry.external_attr
            info.create_system = entry.create_system
            stored = entry.filename in changed or entry.is_dir()
            info.compress_type = zipfile.ZIP_STORED if stored else entry.compress_type
            target.writestr(info, data)

os.chmod(out, stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
