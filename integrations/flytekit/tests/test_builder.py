from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from flytekit import ImageSpec
from flytekit.exceptions.user import FlyteAssertion
from flytekit.image_spec.image_spec import ImageBuildEngine

from flytekitplugins.imagespec import ImageBuildError, ImagespecBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Script


def planned(action: str, **more: Any) -> list[Any]:  # noqa: ANN401
    return [["say", {"type": "plan", "exitCode": 0, "images": [{"action": action, **more}]}]]


def built(image_spec: ImageSpec, **more: Any) -> list[Any]:  # noqa: ANN401
    facts = {
        "timings": {"total": 1810},
        "layers": {"built": 5, "reused": 1, "total": 6},
        "bytes": {"uploaded": 78000000},
    }
    image = {"action": "built", "flytekit": {"imageName": image_spec.image_name()}, **facts, **more}
    step = {"type": "step", "id": "layers", "name": "layers", "state": "done", "ms": 100, "build": "", "builder": ""}
    return [["say", step], ["say", {"type": "result", "exitCode": 0, "images": [image]}]]


@pytest.fixture
def image_spec() -> ImageSpec:
    return ImageSpec(name="a", registry="localhost:1", packages=["six"], builder="imagespec")


def test_builds_what_is_not_there(double: Script, image_spec: ImageSpec, capsys: pytest.CaptureFixture[str]) -> None:
    record = double({"plan": planned("build"), "build": built(image_spec)})
    ImageBuildEngine.build(image_spec)
    name = image_spec.image_name()
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"Image {name} not found. building...",
        f"Image {name} built in 1.8 s, 5 of 6 layers made, 78 MB sent.",
    ]
    assert "✔ layers" in said.err
    plan, build = record()
    assert plan["arguments"] == ["plan", "-", "--format", "flytekit", "--json"]
    assert build["arguments"] == ["build", "-", "--format", "flytekit", "--json"]
    assert plan["document"] == build["document"]
    assert build["document"]["tag"] == image_spec.tag


def test_says_of_an_image_that_it_is_there(
    double: Script, image_spec: ImageSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    record = double({"plan": planned("exists")})
    ImageBuildEngine.build(image_spec)
    assert capsys.readouterr().out == f"Image {image_spec.image_name()} found. Skip building.\n"
    assert len(record()) == 1


def test_force_push_does_not_ask(double: Script, image_spec: ImageSpec) -> None:
    record = double({"build": built(image_spec)})
    ImageBuildEngine.build(image_spec.force_push())
    assert [call["arguments"][-1] for call in record()] == ["--force"]


def test_the_variable_of_flytekit_forces_too(double: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_FORCE_PUSH_IMAGE_SPEC", "True")
    forced = ImageSpec(name="forced", registry="localhost:1", builder="imagespec")
    record = double({"build": built(forced)})
    ImageBuildEngine.build(forced)
    assert record()[0]["arguments"][-1] == "--force"


@pytest.mark.parametrize(
    ("registry", "push", "host", "output"),
    [
        ("localhost:1", None, None, []),
        ("localhost:1", "1", None, []),
        ("localhost:1", "False", "unix:///some.sock", ["--output", "engine"]),
        ("localhost:1", "0", None, ["--output", "local-store"]),
        (None, None, "tcp://some:1", ["--output", "engine"]),
        (None, None, None, ["--output", "local-store"]),
    ],
)
def test_sends_the_image_where_flytekit_would(
    double: Script,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    registry: str | None,
    push: str | None,
    host: str | None,
    output: list[str],
) -> None:
    monkeypatch.setattr("flytekitplugins.imagespec.builder._DOCKER_SOCKET", tmp_path / "docker.sock")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    for name, value in (("FLYTE_PUSH_IMAGE_SPEC", push), ("DOCKER_HOST", host)):
        if value is not None:
            monkeypatch.setenv(name, value)
    image_spec = ImageSpec(name="b", registry=registry)
    record = double({"build": built(image_spec)})
    assert ImagespecBuilder().build_image(image_spec) == image_spec.image_name()
    assert record()[0]["arguments"][5:] == output


def test_gives_options_of_the_user_to_the_command(
    double: Script, monkeypatch: pytest.MonkeyPatch, image_spec: ImageSpec
) -> None:
    record = double({"plan": planned("build"), "build": built(image_spec)})
    monkeypatch.setenv(
        "IMAGESPEC_BUILD_ARGS", "--output 'oci-layout=a b' --timeout 10m --concurrency=2 --existence build"
    )
    monkeypatch.setenv("FLYTE_PUSH_IMAGE_SPEC", "0")
    ImageBuildEngine.build(image_spec)
    plan, build = (call["arguments"][5:] for call in record())
    assert plan == ["--output", "oci-layout=a b", "--existence", "build"]
    assert build == ["--output", "oci-layout=a b", "--timeout", "10m", "--concurrency=2", "--existence", "build"]


def test_raises_what_flytekit_expects(double: Script, image_spec: ImageSpec) -> None:
    problem = {"code": "SPEC_NO_WHEEL", "path": "packages[0]", "message": 'no wheel of "x"', "hint": "take another"}
    error = {"code": "NO_BUILDER", "message": "nobody builds it", "problems": [problem, {**problem, "path": "cuda"}]}
    double(
        {
            "plan": planned("build"),
            "build": [["say", {"type": "error", "exitCode": 3, "error": {**error, "logTail": ["a", "b"]}}]],
        }
    )
    with pytest.raises(FlyteAssertion) as raised:
        ImageBuildEngine.build(image_spec)
    assert isinstance(raised.value, ImageBuildError)
    assert raised.value.code == "NO_BUILDER"
    assert str(raised.value).splitlines() == [
        f'"{image_spec.image_name()}" could not be built: nobody builds it [NO_BUILDER]',
        '  - packages[0]: no wheel of "x"',
        "    hint: take another",
        '  - cuda: no wheel of "x"',
        "    hint: take another",
        "  | a",
        "  | b",
    ]


def test_does_not_assume_what_the_registry_does_not_say(double: Script, image_spec: ImageSpec) -> None:
    problem = {"code": "EXISTENCE_UNKNOWN", "message": "the registry does not say", "hint": "log in"}
    double({"plan": [["say", {"type": "plan", "exitCode": 4, "images": [{"action": "blocked", "problem": problem}]}]]})
    with pytest.raises(ImageBuildError, match="hint: log in"):
        ImageBuildEngine.build(image_spec)


def test_a_failure_is_tried_again_the_next_time(double: Script, image_spec: ImageSpec) -> None:
    double({"plan": [["say", {"type": "error", "exitCode": 4, "error": {"code": "REGISTRY_DOWN", "message": "x"}}]]})
    with pytest.raises(ImageBuildError):
        ImageBuildEngine.build(image_spec)
    record = double({"plan": planned("exists")})
    ImageBuildEngine.build(image_spec)
    assert len(record()) == 1


def test_a_child_gets_the_name_of_its_base(double: Script, image_spec: ImageSpec) -> None:
    child = ImageSpec(name="child", registry="localhost:1", base_image=image_spec, builder="imagespec")
    record = double({"plan": planned("build"), "build": built(image_spec)})
    ImageBuildEngine.build(child)
    assert [call["document"]["spec"]["name"] for call in record()] == ["a", "a", "child", "child"]
    assert record()[2]["document"]["spec"]["base_image"] == image_spec.image_name()
    # The id is that of the spec that the user wrote: code in the image asks for it.
    assert record()[2]["document"]["id"] == child.id


def test_changes_nobodys_builder_unless_asked() -> None:
    assert ImageSpec().builder == "default"
    program = "import flytekitplugins.imagespec; from flytekit import ImageSpec; print(ImageSpec().builder)"
    environment = {**os.environ, "IMAGESPEC_FLYTEKIT_PRIORITY": "10"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True)
    assert done.stdout == "imagespec\n"
