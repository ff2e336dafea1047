# Written by imagespec: change the spec, not this file.

ARG IMAGESPEC_PLATFORM=linux/amd64

# uv, which installs the packages
FROM --platform=$IMAGESPEC_PLATFORM docker.io/astral/uv:0.13.9 AS uv

FROM --platform=$IMAGESPEC_PLATFORM docker.io/library/python:3.12-slim AS base

# numpy 2.3.4
FROM base AS packages-numpy
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/numpy.txt,target=/build/packages.txt \
    /usr/local/bin/python3.12 -IB /build/install.py \
    --no-build

# pandas 2.3.3
FROM base AS packages-pandas
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/pandas.txt,target=/build/packages.txt \
    /usr/local/bin/python3.12 -IB /build/install.py \
    --no-build

# scikit-learn 1.7.2
FROM base AS packages-scikit-learn
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/scikit-learn.txt,target=/build/packages.txt \
    /usr/local/bin/python3.12 -IB /build/install.py \
    --no-build

# joblib 1.5.2
FROM base AS packages-1
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/1.txt,target=/build/packages.txt \
    /usr/local/bin/python3.12 -IB /build/install.py \
    --no-build

# six 1.17.0
FROM base AS packages-2
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/install.py,target=/build/install.py \
    --mount=type=bind,source=packages/2.txt,target=/build/packages.txt \
    /usr/local/bin/python3.12 -IB /build/install.py \
    --no-build

# The image
FROM base AS image

# The user of the image, beside those of the base
RUN set -eu; \
    add() { [ -z "$(tail -c 1 "$1")" ] || echo >> "$1"; grep -q '^imagespec:' "$1" || echo "$2" >> "$1"; }; \
    add /etc/passwd 'imagespec:x:65532:65532::/home/imagespec:/bin/sh'; \
    add /etc/group 'imagespec:x:65532:'; \
    mkdir -p /home/imagespec /app; \
    chown 65532:65532 /home/imagespec /app
WORKDIR /app

COPY --from=packages-numpy /opt/venv /opt/venv
COPY --from=packages-pandas /opt/venv /opt/venv
COPY --from=packages-scikit-learn /opt/venv /opt/venv
COPY --from=packages-1 /opt/venv /opt/venv
COPY --from=packages-2 /opt/venv /opt/venv
COPY environment/ /opt/venv/

ENV PATH=/opt/venv/bin:$PATH \
    VIRTUAL_ENV=/opt/venv \
    OMP_NUM_THREADS=2

# The source last: an edit changes nothing else
COPY --chown=65532:65532 source/ /app/

# What a container gets; here at the end, since it changes with every spec
ENV IMAGESPEC_ID=id
LABEL dev.imagespec.contract=1 \
    dev.imagespec.fingerprint=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
ENTRYPOINT ["python", "-m", "train"]
USER imagespec
