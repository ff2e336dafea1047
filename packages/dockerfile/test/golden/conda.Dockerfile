# Written by imagespec: change the spec, not this file.

ARG IMAGESPEC_PLATFORM=linux/amd64

# uv, which installs the packages
FROM --platform=$IMAGESPEC_PLATFORM docker.io/astral/uv:0.13.9 AS uv

FROM --platform=$IMAGESPEC_PLATFORM docker.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04 AS base

# The conda environment, with the Python of the image
FROM base AS conda
RUN --mount=type=bind,from=uv,source=/uv,target=/build/uv \
    --mount=type=cache,id=imagespec-uv,target=/build/cache \
    --mount=type=bind,source=build/uv.sh,target=/build/uv.sh \
    --mount=type=bind,source=build/conda.py,target=/build/conda.py \
    export CONDA_OVERRIDE_CUDA=12.4; \
    sh /build/uv.sh run --no-project --python-preference system --python '>=3.10' --with py-rattler==0.28.0 python /build/conda.py \
    --channel nvidia \
    --channel conda-forge \
    'gdal>=3.9' 'python 3.12.*'

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

COPY --from=conda /opt/conda /opt/conda
COPY environment/ /opt/venv/

ENV PATH=/opt/venv/bin:/opt/conda/bin:$PATH \
    VIRTUAL_ENV=/opt/venv

# What a container gets; here at the end, since it changes with every spec
ENV IMAGESPEC_ID=id
LABEL dev.imagespec.contract=1 \
    dev.imagespec.fingerprint=ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
USER imagespec
