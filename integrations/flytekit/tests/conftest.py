from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from flytekit.image_spec.image_spec import ImageBuildEngine

DOUBLE = str(Path(__file__).parent / "double.py")
Script = Callable[..., Callable[[], "list[dict[str, Any]]"]]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set is not what is tested."""
    for name in ("IMAGESPEC_COMMAND", "FLYTE_PUSH_IMAGE_SPEC", "FLYTE_FORCE_PUSH_IMAGE_SPEC"):
        monkeypatch.delenv(name, raising=False)
    # What flytekit remembers of builds in this process.
    ImageBuildEngine.build.cache_clear()
    ImageBuildEngine._IMAGE_NAME_TO_REAL_NAME.clear()


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Script:
    """Makes the double the command; what it returns tells how it was called."""
    record = tmp_path / "record.jsonl"

    def use(script: list[Any] | dict[str, list[Any]]) -> Callable[[], list[dict[str, Any]]]:
        monkeypatch.setenv("IMAGESPEC_COMMAND", f"{sys.executable} {DOUBLE}")
        monkeypatch.setenv("IMAGESPEC_BUILD_ARGS", "")
        (tmp_path / "script.json").write_text(json.dumps(script))
        monkeypatch.setenv("DOUBLE_SCRIPT", str(tmp_path / "script.json"))
        monkeypatch.setenv("DOUBLE_RECORD", str(record))
        record.write_text("")
        return lambda: [json.loads(line) for line in record.read_text().splitlines()]

    return use
