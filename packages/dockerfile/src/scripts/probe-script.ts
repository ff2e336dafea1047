/** Prints what is known of an image, a line for each fact, for `parseProbe`. The first argument is an interpreter to look at. */
export const probeScript: string = String.raw`#!/bin/sh
# Says what a base image has: a line for each fact.
python=$1
if [ -z "$python" ]; then
  for name in python3 python; do
    if command -v "$name" > /dev/null 2>&1; then python=$(command -v "$name"); break; fi
  done
fi
if [ -n "$python" ]; then
  "$python" -IB - "$1" << 'END' || echo "imagespec-no-python $python"
import os, sys
from importlib.metadata import distributions
path = sys.executable
if not sys.argv[1]:
    path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
print("imagespec-python %s %d.%d.%d" % ((path,) + sys.version_info[:3]))
for found in distributions():
    name, version = found.metadata["Name"], found.version
    if name and version and not str(found._path).startswith("/opt/venv/"):
        print("imagespec-seen %s %s" % (name, version))
END
fi
for folder in /opt/venv/lib/python*/site-packages/*.dist-info; do
  if [ -d "$folder" ]; then echo "imagespec-installed $(basename "$folder" .dist-info)"; fi
done
glibc=$(getconf GNU_LIBC_VERSION 2> /dev/null | sed -n 's/^glibc //p')
if [ -z "$glibc" ]; then glibc=$(ldd --version 2> /dev/null | sed -n '1s/.* \([0-9][0-9.]*\)$/\1/p'); fi
for loader in /lib/ld-musl-*.so.1; do
  if [ -e "$loader" ]; then
    glibc=
    echo "imagespec-libc musl $("$loader" 2>&1 | sed -n 's/^Version //p')"
  fi
done
if [ -n "$glibc" ]; then echo "imagespec-libc glibc $glibc"; fi
echo imagespec-end
`;
