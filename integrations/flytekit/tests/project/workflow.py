"""A workflow whose tasks have an image each, as a user writes it."""

import os

from flytekit import ImageSpec, task, workflow

shared = {
    "registry": os.environ["TEST_REGISTRY"],
    "builder": os.environ.get("TEST_BUILDER", "imagespec"),
    "base_image": os.environ.get("TEST_BASE_IMAGE"),
    "python_version": "3.12",
    "pip_index": os.environ.get("TEST_INDEX"),
}
prepare_image = ImageSpec(name="prepare", packages=["tables==2.1"], **shared)
packages = ["tables==2.1", os.environ.get("TEST_PACKAGE", "trees")]
train_image = ImageSpec(name="train", packages=packages, env={"MODE": "it's on"}, **shared)


@task(container_image=prepare_image)
def prepare() -> int:
    return 20


@task(container_image=train_image)
def train(rows: int) -> int:
    return rows * 2


@workflow
def main() -> int:
    return train(rows=prepare())
