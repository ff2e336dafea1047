/** For steps that run before there is a Python: POSIX shell. */
export const uvScript: string = String.raw`#!/bin/sh
# Runs uv with what the machine has mounted for this step alone.
# usage: uv.sh [--login ORIGIN=FILE]... ARGUMENT OF UV...
set -eu
for name in $(env | sed -n 's/^\(UV_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export UV_CACHE_DIR=/build/cache UV_PYTHON_INSTALL_DIR=/build/cache/python UV_LINK_MODE=copy UV_NO_PROGRESS=1 NO_COLOR=1
if [ -f /build/uv.toml ]; then export UV_CONFIG_FILE=/build/uv.toml; else export UV_NO_CONFIG=1; fi
if [ -f /build/netrc ]; then export NETRC=/build/netrc; fi
if [ -f /build/ca.pem ]; then
  export SSL_CERT_FILE=/build/ca.pem REQUESTS_CA_BUNDLE=/build/ca.pem
elif [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  # The base may trust more than uv does by itself.
  export UV_SYSTEM_CERTS=1
fi
while [ "$1" = --login ]; do
  origin=$(printf '%s' "$2" | sed 's/=.*//')
  login=$(cat "$(printf '%s' "$2" | sed 's/[^=]*=//')")
  shift 2
  # URLs of that origin get the login; uv hides it in what it prints.
  count=$#
  while [ "$count" -gt 0 ]; do
    argument=$1
    case "$argument" in
      "$origin" | "$origin"/*) argument="$(printf '%s' "$origin" | sed 's,//.*,//,')$login@$(printf '%s' "$argument" | sed 's,^[^/]*//,,')" ;;
    esac
    shift
    set -- "$@" "$argument"
    count=$((count - 1))
  done
done
exec /build/uv "$@"
`;
