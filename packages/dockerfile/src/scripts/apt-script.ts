/** Runs in the base, with `/var/cache/apt` and `/var/lib/apt/lists` as cache mounts. */
export const aptScript: string = String.raw`#!/bin/sh
# Installs Debian packages; downloads and package lists stay outside of the image.
set -eu
here=/var/cache/apt
if ! command -v apt-get > /dev/null; then
  echo "the base image has no apt-get: aptPackages needs one of Debian or Ubuntu" >&2
  exit 1
fi
# Images made for Docker delete what was downloaded after every call; here it is kept for the next build.
printf '#clear DPkg::Post-Invoke;\n#clear APT::Update::Post-Invoke;\n' > "$here/imagespec.conf"
if [ -f "$here/imagespec-ca.pem" ]; then
  printf 'Acquire::https::CaInfo "%s";\n' "$here/imagespec-ca.pem" >> "$here/imagespec.conf"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -c "$here/imagespec.conf" -qq update
apt-get -c "$here/imagespec.conf" -qq install --yes --no-install-recommends "$@"
rm -rf /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache
`;
