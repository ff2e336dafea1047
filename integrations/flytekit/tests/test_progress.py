from __future__ import annotations

import io
import sys
import time
from typing import Any

import pytest
from rich.console import Console

from flytekitplugins.imagespec import progress
from flytekitplugins.imagespec.progress import LiveProgress, PlainProgress, choose_progress, format_bytes


def step(name: str, state: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "step", "id": name, "name": name, "state": state, "build": "a:b", "builder": "assemble", **more}


def transfer(item: str, current: int, total: int | None) -> dict[str, Any]:
    facts = {"step": "layers", "kind": "pull", "item": item, "current": current, "total": total, "unit": "byte"}
    return {"type": "transfer", "build": "a:b", "builder": "assemble", **facts}


def test_prints_a_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainProgress() as shown:
        shown.event(step("exists", "running"))
        shown.event(step("exists", "done", ms=3, detail="absent"))
        shown.event(step("resolve", "running"))
        shown.event(step("resolve", "done", ms=410, detail="16 packages"))
        shown.event(step("layers", "cached", detail="5 layers"))
        shown.event(step("packages " + "numpy " * 20, "done", ms=1))
        shown.event(step("push", "failed", ms=2000))
        shown.event({"type": "warning", "message": "old\x1b[2J base"})
        shown.event({"type": "retry", "what": "GET manifest", "reason": "ECONNRESET", "attempt": 1, "delayMs": 1})
        shown.event({"type": "of a later release", "x": 1})
    lines = [" ".join(line.split()) for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "✔ resolve 16 packages 0.4 s",
        "✔ layers 5 layers (cached)",
        "✔ packages numpy numpy numpy numpy numpy numpy numpy nump… 0.0 s",
        "✗ push 2.0 s",
        "! old[2J base",
        "… GET manifest: ECONNRESET, trying again",
    ]


def test_says_now_and_then_that_it_lives(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    shown = PlainProgress()
    shown.event(step("layers", "running"))
    shown.event(transfer("a.whl", 1_000_000, 4_000_000))
    assert capsys.readouterr().err == ""
    now += 11
    shown.event(transfer("b.whl", 500_000, 1_000_000))
    shown.event(transfer("b.whl", 600_000, 1_000_000))
    assert " ".join(capsys.readouterr().err.split()) == "… layers 1.5 MB of 5.0 MB"


def test_draws_running_steps_and_keeps_ended_ones() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    with LiveProgress(console) as shown:
        shown.event(step("resolve", "done", ms=410, detail="16 packages [bold]"))
        shown.event(step("layers", "running"))
        shown.event(transfer("a.whl", 1_000_000, None))
        shown._live.refresh()
    text = screen.getvalue()
    assert "✔ resolve        16 packages [bold]" in text
    assert "layers" in text
    assert "1.0 MB" in text
    # The cursor is back.
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_keeps_to_what_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    assert progress._printable("✔ pöck …") == "+ p?ck ..."


def test_draws_on_terminals_only() -> None:
    assert isinstance(choose_progress(), PlainProgress)


@pytest.mark.parametrize(
    ("amount", "text"), [(512, "512 B"), (2_900, "3 kB"), (1_440_000, "1.4 MB"), (76e6, "76 MB"), (1.2e9, "1.2 GB")]
)
def test_formats_amounts(amount: float, text: str) -> None:
    assert format_bytes(amount) == text
