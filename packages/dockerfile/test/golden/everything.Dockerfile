# syntax=docker/dockerfile:1
# Written by imagespec: change the spec, not this file.

ARG IMAGESPEC_PLATFORM=linux/amd64

FROM --platform=$IMAGESPEC_PLATFORM docker.io/library/python:3.12-slim AS base

FROM base AS system
# What apt downloads is kept in cache mounts; everything mounted in them leaves no trace in the image
RUN --mount=type=cache,id=imagespec-apt,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=imagespec-apt-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,source=build/apt.sh,target=/var/cache/apt/imagespec.sh \
    --mount=type=secret,id=_imagespec_ca,target=/var/cache/apt/imagespec-ca.pem,mode=0444 \
    sh /var/cache/apt/imagespec.sh curl=8.14.1-2 libgomp1
# The certificates of this machine, mounted for the commands alone
ARG SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ARG PIP_CERT=/etc/ssl/certs/ca-certificates.crt
ARG REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
ARG CURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
ARG NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=secret,id=_imagespec_ca,target=/etc/ssl/certs/ca-certificates.crt,mode=0444 \
    make -C /opt/driver

# Python 3.13, which the base does not have
FROM base AS python
RUN --mount=type=bind,source=build/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=secret,id=_imagespec_uv,target=/build/uv.toml,mode=0400 \
    --mount=type=secret,id=_imagespec_netrc,target=/build/netrc,mode=0400 \
    --mount=type=secret,id=_imagespec_ca,target=/build/ca.pem,mode=0444 \
    --mount=type=bind,source=build/uv.sh,target=/build/uv.sh \
    sh /build/uv.sh python install --no-bin --install-dir /opt/python 3.13 \
    && ln -s /opt/python/cpython-3.13.* /opt/python/3.13 \
    && rm -rf /opt/python/.[a-z]*

# Where packages are compiled
FROM system AS build
COPY --link --from=python /opt/python /opt/python

# pandas 2.3.3
FROM python AS packages-pandas
RUN --mount=type=bind,source=build/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=secret,id=_imagespec_uv,target=/build/uv.toml,mode=0400 \
    --mount=type=secret,id=_imagespec_netrc,target=/build/netrc,mode=0400 \
    --mount=type=secret,id=_imagespec_ca,target=/build/ca.pem,mode=0444 \
    --mount=type=tmpfs,target=/build/private \
    --mount=type=secret,id=index-pypi.acme.dev,target=/run/secrets/index-pypi.acme.dev,mode=0400,required=true \
    --mount=type=secret,id=netrc,target=/root/.netrc,mode=0400,required=true \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/pandas.txt,target=/build/packages.txt \
    /opt/python/3.13/bin/python3.13 -IB /build/install.py \
    --login https://pypi.acme.dev=/run/secrets/index-pypi.acme.dev \
    --netrc /root/.netrc \
    --default-index https://pypi.acme.dev/simple \
    --index https://download.pytorch.org/whl/cu124 \
    --no-binary lxml \
    --allow-insecure-host pypi.acme.dev \
    --compile-bytecode

# acme-tools 1.0, lxml 6.0.0
FROM build AS packages-1
RUN --mount=type=bind,source=build/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=secret,id=_imagespec_uv,target=/build/uv.toml,mode=0400 \
    --mount=type=secret,id=_imagespec_netrc,target=/build/netrc,mode=0400 \
    --mount=type=secret,id=_imagespec_ca,target=/build/ca.pem,mode=0444 \
    --mount=type=tmpfs,target=/build/private \
    --mount=type=secret,id=index-pypi.acme.dev,target=/run/secrets/index-pypi.acme.dev,mode=0400,required=true \
    --mount=type=secret,id=netrc,target=/root/.netrc,mode=0400,required=true \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/1.txt,target=/build/packages.txt \
    /opt/python/3.13/bin/python3.13 -IB /build/install.py \
    --login https://pypi.acme.dev=/run/secrets/index-pypi.acme.dev \
    --netrc /root/.netrc \
    --default-index https://pypi.acme.dev/simple \
    --index https://download.pytorch.org/whl/cu124 \
    --no-binary lxml \
    --allow-insecure-host pypi.acme.dev \
    --exclude-newer 2026-08-02T00:00:00Z \
    --compile-bytecode

# The image
FROM system AS image
# A line break, which a Dockerfile cannot write: --build-arg IMAGESPEC_NEWLINE=$'\n'
ARG IMAGESPEC_NEWLINE
ARG IMAGESPEC_CHECK="${IMAGESPEC_NEWLINE:?has to be given as a line break}"

# The user of the image, beside those of the base
RUN set -eu; \
    add() { [ -z "$(tail -c 1 "$1")" ] || echo >> "$1"; grep -q '^imagespec:' "$1" || echo "$2" >> "$1"; }; \
    add /etc/passwd 'imagespec:x:65532:65532::/home/imagespec:/bin/sh'; \
    add /etc/group 'imagespec:x:65532:'; \
    mkdir -p /home/imagespec; \
    chown 65532:65532 /home/imagespec
WORKDIR /srv/app

COPY --link --from=python /opt/python /opt/python
COPY --link --from=packages-pandas /opt/venv /opt/venv
COPY --link --from=packages-1 /opt/venv /opt/venv
COPY --link environment/ /opt/venv/

ENV PATH=/opt/venv/bin:$PATH \
    VIRTUAL_ENV=/opt/venv \
    GREETING="hello \"\$HOME\" \\ world" \
    LINES="a${IMAGESPEC_NEWLINE}b"

# For the commands alone: pip installs into the image's environment
ARG PIP_PYTHON=/opt/venv/bin/python
ARG PIP_NO_CACHE_DIR=1
ARG PIP_ROOT_USER_ACTION=ignore
ARG PIP_DISABLE_PIP_VERSION_CHECK=1
# The certificates of this machine, mounted for the commands alone
ARG SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ARG PIP_CERT=/etc/ssl/certs/ca-certificates.crt
ARG REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
ARG CURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
ARG NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=secret,id=token,target=/run/secrets/token,mode=0400,required=true \
    --mount=type=secret,id=_imagespec_ca,target=/etc/ssl/certs/ca-certificates.crt,mode=0444 \
    : secrets 97144ec70fd7; python -m spacy download en_core_web_sm
RUN mkdir -p /srv/app /home/imagespec/runtime && chown worker: /srv/app /home/imagespec/runtime

# The source last: an edit changes nothing else
COPY --chown=worker source/ /srv/app/
COPY copy/0/ /etc/acme/
RUN --mount=type=secret,id=token,target=/run/secrets/token,mode=0400,required=true \
    --mount=type=secret,id=_imagespec_ca,target=/etc/ssl/certs/ca-certificates.crt,mode=0444 \
    --mount=type=bind,source=commands/2.sh,target=/run/imagespec/command.sh \
    : secrets 97144ec70fd7; sh /run/imagespec/command.sh

# What a container gets; here at the end, since it changes with every spec
ENV IMAGESPEC_ID=id
LABEL org.opencontainers.image.source=https://git.acme.dev/train \
    dev.imagespec.contract=1 \
    dev.imagespec.fingerprint=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
ENTRYPOINT ["python", "-m", "train"]
CMD ["--fast"]
USER worker
