"""What a failed build raises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flytekit.exceptions.user import FlyteAssertion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN_LOG_LINES = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class ImageBuildError(FlyteAssertion):
    """An image could not be built; the text says why, where and what to do about it."""

    _ERROR_CODE = "USER:ImageBuildError"

    def __init__(
        self,
        message: str,
        *,
        code: str = "INTERNAL",
        hint: str | None = None,
        problems: Sequence[Mapping[str, Any]] = (),
        log_tail: Sequence[str] = (),
    ) -> None:
        """Keep the parts for programs, and make the text for people."""
        super().__init__(message)
        self.message = message
        #: Of imagespec's catalogue: ``NO_BUILDER``.
        self.code = code
        self.hint = hint
        #: One for each place of the spec that is wrong: ``code``, ``path``, ``message`` and often ``hint``.
        self.problems = tuple(problems)
        #: The last lines that the failed step printed.
        self.log_tail = tuple(log_tail)

    @classmethod
    def of(cls, error: Mapping[str, Any], image: str) -> ImageBuildError:
        """Make an error of what the command printed about one."""
        return cls(
            f'"{image}" could not be built: {error.get("message", "no reason was given")}',
            code=str(error.get("code", "INTERNAL")),
            hint=error.get("hint"),
            problems=error.get("problems") or (),
            log_tail=error.get("logTail") or (),
        )

    def __str__(self) -> str:
        """Say it in lines: message and code, places, hint, the end of the log."""
        lines = [f"{self.message} [{self.code}]"]
        if len(self.problems) > 1:
            for problem in self.problems:
                lines.append(f"  - {_subject(problem)}{problem.get('message', '')}")
                if problem.get("hint"):
                    lines.append(f"    hint: {problem['hint']}")
        hint = self.hint or (self.problems[0].get("hint") if len(self.problems) == 1 else None)
        if hint:
            lines.append(f"  hint: {hint}")
        lines.extend(f"  | {line}" for line in self.log_tail[-_SHOWN_LOG_LINES:])
        return "\n".join(plain(line) for line in lines)


def plain(text: str) -> str:
    """Take out what would steer a terminal."""
    return _CONTROL.sub("", text)


def _subject(problem: Mapping[str, Any]) -> str:
    path = str(problem.get("path", ""))
    return "" if path == "" or str(problem.get("message", "")).startswith(path) else f"{path}: "
