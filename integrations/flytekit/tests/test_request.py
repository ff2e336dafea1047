from __future__ import annotations

import dataclasses
import datetime
import json
import sys
from pathlib import Path
from typing import Any

import flytekit
import pytest
from flytekit import ImageSpec
from flytekit.constants import CopyFileDetection

from flytekitplugins.imagespec import ImageBuildError
from flytekitplugins.imagespec.request import request_of


def spec_of(image_spec: ImageSpec) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(json.dumps(request_of(image_spec)))["spec"]
    return sent


def test_says_what_the_tag_depends_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    image_spec = ImageSpec(name="Train", registry="localhost:5000/Acme", packages=["six"])
    request = request_of(image_spec)
    assert request["contract"] == 1
    assert request["flytekit"] == flytekit.__version__
    assert request["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert request["root"] == str(tmp_path)
    assert request["tag"] == image_spec.tag
    assert request["id"] == image_spec.id
    assert request["requirement"] == f"flytekit=={flytekit.__version__}"
    assert request["spec"] == {
        "name": "train",
        "builder": "default",
        "registry": "localhost:5000/acme",
        "packages": ["six"],
        "platform": "linux/amd64",
    }


def test_leaves_out_none_and_keeps_what_is_empty() -> None:
    sent = spec_of(ImageSpec(packages=[], env={}, entrypoint=[], tag_format="", registry=""))
    assert {name: sent[name] for name in ("packages", "env", "entrypoint", "tag_format", "registry")} == {
        "packages": [],
        "env": {},
        "entrypoint": [],
        "tag_format": "",
        "registry": "",
    }
    assert "requirements" not in sent


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (True, True),
        (8080, 8080),
        (2**53, 2**53),
        (2**70, {"$py": "int", "value": str(2**70)}),
        (1.0, {"$py": "float", "repr": "1.0"}),
        (float("inf"), {"$py": "float", "repr": "inf"}),
        (1e-07, {"$py": "float", "repr": "1e-07"}),
        (None, None),
        ([1, ("a",)], [1, {"$py": "tuple", "items": ["a"]}]),
        ({"b": 1, "a": 2}, {"b": 1, "a": 2}),
        ({"10": "ten", "B": "b"}, {"$py": "dict", "items": [["10", "ten"], ["B", "b"]]}),
        ({8: 1}, {"$py": "dict", "items": [[8, 1]]}),
        ({"$py": 1}, {"$py": "dict", "items": [["$py", 1]]}),
        ({"__proto__": 1}, {"$py": "dict", "items": [["__proto__", 1]]}),
        ({"01": 1}, {"01": 1}),
        (datetime.date(2024, 1, 31), {"$py": "date", "iso": "2024-01-31"}),
        (datetime.datetime(2024, 2, 3, 4, 5, 6), {"$py": "datetime", "iso": "2024-02-03T04:05:06"}),
        ("\ud800", "\ud800"),
        (Path("a/b"), "a/b"),
    ],
)
def test_sends_any_value(value: Any, sent: Any) -> None:  # noqa: ANN401
    assert spec_of(ImageSpec(builder_options={"x": value}))["builder_options"]["x"] == sent


def test_sends_a_dataclass_as_flytekit_hashes_it() -> None:
    @dataclasses.dataclass
    class Options:
        size: int
        nothing: None = None
        builder: str = "left out"

    assert spec_of(ImageSpec(builder_options={"x": Options(3)}))["builder_options"] == {"x": {"size": 3}}


def test_names_the_place_of_what_cannot_be_sent() -> None:
    with pytest.raises(ImageBuildError) as raised:
        request_of(ImageSpec(builder_options={"x": [{"y": {1, 2}}]}))
    assert raised.value.message.startswith('"builder_options.x[0].y" holds a value of the type "set"')


def test_sends_paths_and_copy_modes(tmp_path: Path) -> None:
    sent = spec_of(ImageSpec(source_root=tmp_path, source_copy_mode=CopyFileDetection.ALL))
    assert sent["source_root"] == str(tmp_path)
    assert sent["source_copy_mode"] == {"$py": "CopyFileDetection", "name": "ALL"}


def test_sends_secret_mounts_as_they_are() -> None:
    sent = spec_of(ImageSpec(pip_secret_mounts=[("netrc", "/root/.netrc")], runtime_packages=["six"]))
    assert sent["pip_secret_mounts"] == [{"$py": "tuple", "items": ["netrc", "/root/.netrc"]}]
    assert sent["runtime_packages"] == ["six"]


def test_sends_a_nested_spec_whole() -> None:
    base = ImageSpec(name="base", apt_packages=["git"])
    request = request_of(ImageSpec(base_image=base))
    assert request["spec"]["base_image"]["$py"] == "ImageSpec"
    assert request["spec"]["base_image"]["fields"]["apt_packages"] == ["git"]
    assert request["built_names"] == {}


def test_lists_loaded_modules_as_flytekit_finds_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("imported_one", "not_imported"):
        (tmp_path / f"{name}.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("imported_one")
    monkeypatch.setitem(sys.modules, "imported_twice", sys.modules["imported_one"])
    request = request_of(ImageSpec(source_root=str(tmp_path)))
    assert request["loaded_modules"] == [str(tmp_path / "imported_one.py")] * 2
    assert "loaded_modules" not in request_of(
        ImageSpec(source_root=str(tmp_path), source_copy_mode=CopyFileDetection.ALL)
    )
