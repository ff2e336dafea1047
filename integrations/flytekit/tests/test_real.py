"""Real flytekit, the real command and a real registry; which ones, the environment says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from flytekit import ImageSpec
from flytekit.constants import CopyFileDetection
from flytekit.image_spec.image_spec import ImageBuildEngine

from flytekitplugins.imagespec import ImageBuildError
from flytekitplugins.imagespec.command import find_command

pytestmark = pytest.mark.real
PROJECT = Path(__file__).parent / "project"
REGISTRY = os.environ.get("TEST_REGISTRY", "")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Packaged:
    """What ``pyflyte package`` printed and wrote."""

    code: int
    said: str
    told: str
    #: Task to image.
    images: dict[str, str]


Package = Callable[..., Packaged]


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """Packages the project in a process of its own, which has no Node.js but the one of the wheel."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project)

    def run(**variables: str) -> Packaged:
        output = tmp_path / "package.tgz"
        output.unlink(missing_ok=True)
        programs = Path(sys.executable).parent
        done = subprocess.run(
            [
                sys.executable,
                programs / "pyflyte",
                "--pkgs",
                "workflow",
                "package",
                "--image",
                "some/default:1",
                "--output",
                output,
            ],
            cwd=project,
            env={**os.environ, "PATH": str(programs), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Packaged(done.returncode, done.stdout, done.stderr, images_in(output) if output.exists() else {})

    return run


def images_in(package: Path) -> dict[str, str]:
    images = {}
    with tarfile.open(package) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            if file is not None and member.name.endswith("_1.pb"):
                template = TaskSpec.FromString(file.read()).template
                images[template.id.name.rpartition(".")[2]] = template.container.image
    return images


def fetch(path: str) -> Any:  # noqa: ANN401
    request = urllib.request.Request(f"http://{REGISTRY}/v2/{path}", headers={"Accept": MANIFEST})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def config_of(image: str) -> Any:  # noqa: ANN401
    repository, _, tag = image.removeprefix(f"{REGISTRY}/").partition(":")
    return fetch(f"{repository}/blobs/{fetch(f'{repository}/manifests/{tag}')['config']['digest']}")["config"]


def test_a_workflow_gets_its_images_under_flytekits_tags(package: Package) -> None:
    first = package()
    assert first.code == 0, first
    assert set(first.images) == {"prepare", "train"}
    for name, image in first.images.items():
        assert image.startswith(f"{REGISTRY}/{name}:")
        assert f"Image {image} not found. building..." in first.said
        assert f"Image {image} built in " in first.said
    assert "✔ resolve" in first.told
    environment = dict(entry.split("=", 1) for entry in config_of(first.images["train"])["Env"])
    assert environment["MODE"] == "it's on"
    assert environment["_F_IMG_ID"]

    second = package()
    assert second.images == first.images
    assert second.said.count("found. Skip building.") == 2
    assert "building..." not in second.said
    assert second.told.strip() == ""


def test_what_cannot_be_built_is_said_in_a_few_lines(package: Package) -> None:
    failed = package(TEST_PACKAGE="no-such-package")
    assert failed.code == 1
    said = " ".join(failed.said.split())
    assert 'ImageBuildError: "' in said
    assert "could not be built: " in said
    assert "hint: " in said
    assert "Traceback" not in said


def test_the_id_is_the_one_that_code_in_the_image_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    index = os.environ["TEST_INDEX"]
    image_spec = ImageSpec(name="id", registry=REGISTRY, packages=["trees"], pip_index=index, builder="imagespec")
    ImageBuildEngine.build(image_spec)
    assert f"_F_IMG_ID={image_spec.id}" in config_of(image_spec.image_name())["Env"]
    # Forced, it is built although it is there.
    ImageBuildEngine.build.cache_clear()
    capsys.readouterr()
    ImageBuildEngine.build(image_spec.force_push())
    assert " built in " in capsys.readouterr().out


def test_the_wheel_brings_two_builders() -> None:
    done = subprocess.run([*find_command(), "builders", "--json"], capture_output=True, check=True, text=True)
    assert '"assemble"' in done.stdout
    assert '"buildkit"' in done.stdout


def test_an_error_has_the_code_of_the_catalogue() -> None:
    index = os.environ["TEST_INDEX"]
    image_spec = ImageSpec(name="no", registry=REGISTRY, packages=["no-such"], pip_index=index, builder="imagespec")
    with pytest.raises(ImageBuildError) as raised:
        ImageBuildEngine.build(image_spec)
    assert raised.value.code == "SPEC_PACKAGE_NOT_FOUND"


def test_a_source_tree_and_copied_files_are_in_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "module.py").write_text("VALUE = 1\n")
    (tmp_path / "data.txt").write_text("1\n")
    index = os.environ["TEST_INDEX"]
    common = {"name": "source", "registry": REGISTRY, "pip_index": index, "builder": "imagespec", "copy": ["data.txt"]}
    source = {"source_root": str(tmp_path / "src"), "source_copy_mode": CopyFileDetection.ALL}
    image_spec = ImageSpec(**source, **common)
    ImageBuildEngine.build(image_spec)
    before = image_spec.image_name()
    assert config_of(before)["WorkingDir"] == "/root"
    (tmp_path / "src" / "module.py").write_text("VALUE = 2\n")
    changed = ImageSpec(**source, **common)
    # In one process flytekit takes it for built, since it compares paths.
    ImageBuildEngine.build.cache_clear()
    ImageBuildEngine.build(changed)
    assert changed.image_name() != before
    assert config_of(changed.image_name())
