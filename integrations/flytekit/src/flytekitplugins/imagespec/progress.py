"""Shows what a build does: a live list of steps on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import click
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from .errors import plain

if TYPE_CHECKING:
    from types import TracebackType

# Nobody has to know of them once they are over: what they found out is said elsewhere.
_QUIET = frozenset({"exists", "choose", "check output", "wait"})
_ENDED = {"done": ("✔", "green"), "cached": ("✔", "green"), "failed": ("✗", "red"), "canceled": ("-", "yellow")}
_ASCII = {"✔": "+", "✗": "x", "…": "..."}
#: A CI system takes a build for dead that says nothing for minutes.
_SIGN_OF_LIFE_SECONDS = 10.0
#: A step may be named after all packages that it installs.
_WIDEST_LABEL = 56
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass
class Step:
    """A step that runs, and how far it is."""

    label: str
    detail: str = ""
    since: float = field(default_factory=time.monotonic)
    #: Of each thing that is moved: how much is there, and how much it is in all.
    transfers: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    unit: str = "byte"

    def progress(self) -> str:
        """Say how much was moved: ``34 MB of 78 MB``."""
        if not self.transfers:
            return self.detail
        current = sum(done for done, _ in self.transfers.values())
        totals = [total for _, total in self.transfers.values()]
        amount = format_bytes if self.unit == "byte" else str
        moved = amount(current)
        if all(total is not None for total in totals):
            moved += f" of {amount(sum(total for total in totals if total is not None))}"
        return f"{self.detail} · {moved}" if self.detail else moved


class Progress(Protocol):
    """Somebody who is told of the events of a build."""

    def __enter__(self) -> Progress:
        """Start showing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it should be."""

    def event(self, event: dict[str, Any]) -> None:
        """Take one event; kinds and fields that are not known are skipped."""


class _Steps:
    """The steps that run now."""

    def __init__(self) -> None:
        self.running: dict[tuple[str, ...], Step] = {}

    def take(self, event: dict[str, Any]) -> tuple[str, str] | None:
        """Follow an event; a line and its colour when there is something to say for good."""
        kind = event.get("type")
        if kind == "warning":
            return f"  ! {plain(str(event.get('message', '')))}", "yellow"
        if kind == "retry":
            return (
                f"  … {plain(str(event.get('what', '')))}: {plain(str(event.get('reason', '')))}, trying again",
                "dim",
            )
        if kind == "transfer":
            self._transfer(event)
        if kind == "step":
            return self._step(event)
        return None

    def _step(self, event: dict[str, Any]) -> tuple[str, str] | None:
        key = _key(event, "id")
        state = event.get("state")
        detail = plain(str(event.get("detail", "")))
        if state == "running":
            step = self.running.setdefault(key, Step(_label(event)))
            step.detail = detail or step.detail
        if state not in _ENDED:
            return None
        self.running.pop(key, None)
        if event.get("id", "").rpartition("/")[2] in _QUIET and state != "failed":
            return None
        mark, colour = _ENDED[state]
        milliseconds = event.get("ms")
        took = f"{milliseconds / 1000:.1f} s" if isinstance(milliseconds, (int, float)) and state != "cached" else ""
        cached = " (cached)" if state == "cached" else ""
        return f"  {mark} {_label(event):<14} {detail + cached:<40} {took}".rstrip(), colour

    def _transfer(self, event: dict[str, Any]) -> None:
        step = self.running.get(_key(event, "step"))
        if step is None:
            return
        step.unit = str(event.get("unit", "byte"))
        step.transfers[f"{event.get('kind')} {event.get('item')}"] = (event.get("current", 0), event.get("total"))


class PlainProgress:
    """A line when a step has ended, on standard error."""

    def __init__(self) -> None:
        """Start with no steps."""
        self._steps = _Steps()
        self._last = time.monotonic()

    def __enter__(self) -> PlainProgress:
        """Nothing has to be prepared."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left behind."""

    def event(self, event: dict[str, Any]) -> None:
        """Print what is worth a line."""
        said = self._steps.take(event)
        if said is not None:
            self._say(*said)
        elif time.monotonic() - self._last >= _SIGN_OF_LIFE_SECONDS:
            for step in list(self._steps.running.values())[-1:]:
                self._say(f"  … {step.label:<14} {step.progress()}".rstrip(), "dim")

    def _say(self, line: str, colour: str) -> None:
        self._last = time.monotonic()
        style: dict[str, Any] = {"dim": True} if colour == "dim" else {"fg": colour}
        click.secho(_printable(line), err=True, **style)


class LiveProgress:
    """The steps that run, redrawn in place on standard error, below those that have ended."""

    def __init__(self, console: Console | None = None) -> None:
        """Show on this console."""
        self._console = Console(stderr=True) if console is None else console
        self._steps = _Steps()
        self._spinners: dict[int, Spinner] = {}
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            transient=True,
            refresh_per_second=10,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> LiveProgress:
        """Start drawing."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take away what was drawn; steps that have ended stay."""
        self._live.stop()

    def event(self, event: dict[str, Any]) -> None:
        """Draw it, or print it above what is drawn."""
        said = self._steps.take(event)
        if said is not None:
            line, colour = said
            self._console.print(Text(_printable(line), style=colour), soft_wrap=True)

    def _render(self) -> Group:
        # A copy: events come from another thread than the one that draws.
        steps = list(self._steps.running.values())
        self._spinners = {id(step): self._spinners.get(id(step)) or Spinner("dots", style="cyan") for step in steps}
        return Group(*(self._row(step) for step in steps))

    def _row(self, step: Step) -> Table:
        row = Table.grid(padding=(0, 1))
        took = time.monotonic() - step.since
        row.add_row(
            Text(" "),
            self._spinners[id(step)],
            Text(f"{step.label:<14}"),
            Text(step.progress(), style="dim", no_wrap=True, overflow="ellipsis"),
            Text(f"{took:.1f} s" if took >= 1 else "", style="dim"),
        )
        return row


def choose_progress() -> Progress:
    """Choose what standard error can show."""
    console = Console(stderr=True)
    return LiveProgress(console) if console.is_terminal and not console.is_dumb_terminal else PlainProgress()


def format_bytes(amount: float) -> str:
    """Say an amount in decimal units, as registries and disks count: ``1.4 MB``."""
    step = 0
    while amount >= 999.5 and step < len(_UNITS) - 1:
        amount /= 1000
        step += 1
    return f"{amount:.{0 if step < 2 or amount >= 9.95 else 1}f} {_UNITS[step]}"


def _label(event: dict[str, Any]) -> str:
    name = plain(str(event.get("name") or event.get("id") or ""))
    if len(name) > _WIDEST_LABEL:
        name = f"{name[: _WIDEST_LABEL - 1]}…"
    platform = event.get("platform")
    return f"{name} {platform}" if platform and platform != "linux/amd64" else name


def _key(event: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(event.get(part, "")) for part in ("build", "builder", "platform", name))


def _printable(line: str) -> str:
    """Keep to what the terminal's encoding has: marks are decoration, and no reason to fail."""
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        for mark, substitute in _ASCII.items():
            line = line.replace(mark, substitute)
        return line.encode(encoding, "replace").decode(encoding)
    return line
