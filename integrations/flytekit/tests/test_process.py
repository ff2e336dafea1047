from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flytekitplugins.imagespec
from flytekitplugins.imagespec import ImageBuildError
from flytekitplugins.imagespec.process import run_command

if TYPE_CHECKING:
    from conftest import Script

DOUBLE = [sys.executable, str(Path(__file__).parent / "double.py"), "build"]
RESULT = {"type": "result", "exitCode": 0, "images": []}


def run(document: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    return run_command(DOUBLE, document or {}, events.append), events


def test_gives_events_and_the_last_line(double: Script) -> None:
    record = double([["say", {"type": "started"}], ["say", {"type": "new", "x": 1}], ["say", RESULT]])
    last, events = run({"spec": {"name": "a"}})
    assert last == RESULT
    assert events == [{"type": "started"}, {"type": "new", "x": 1}]
    assert record()[0]["document"] == {"spec": {"name": "a"}}


def test_keeps_what_is_no_event_for_the_error(double: Script) -> None:
    double(
        [["write", "not JSON\n[1]\n"], ["complain", "Fatal \x1b[31mmistake\n"], ["write", '{"type": "st'], ["end", 7]]
    )
    with pytest.raises(ImageBuildError) as raised:
        run()
    assert "ended with the exit code 7 before it said" in raised.value.message
    assert sorted(raised.value.log_tail) == ["Fatal [31mmistake", "[1]", "not JSON", '{"type": "st']


def test_says_of_which_signal_the_command_died(double: Script) -> None:
    double([["die", "SIGKILL"]])
    with pytest.raises(ImageBuildError, match="the signal SIGKILL"):
        run()


def test_sends_and_takes_more_than_a_pipe_holds(double: Script) -> None:
    double([["write", (json.dumps({"type": "log", "text": "x" * 1000}) + "\n") * 200], ["say", RESULT]])
    last, events = run({"spec": {"commands": ["y" * 1000] * 1000}})
    assert last == RESULT
    assert len(events) == 200


def test_a_command_that_reads_nothing_says_why(double: Script) -> None:
    double([])
    command = [sys.executable, "-c", "import sys; sys.stderr.write('no such option\\n'); sys.exit(2)"]
    with pytest.raises(ImageBuildError) as raised:
        run_command(command, {"spec": "y" * 1_000_000}, lambda _: None)
    assert raised.value.log_tail == ("no such option",)


def test_a_command_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ImageBuildError, match="cannot be started: No such file or directory"):
        run_command([str(tmp_path / "nothing")], {}, lambda _: None)


def test_the_command_does_not_outlive_an_exception(double: Script) -> None:
    record = double([["say", {"type": "started"}], ["sleep", 60], ["say", RESULT]])

    def fail(_: dict[str, Any]) -> None:
        raise ValueError("a defect of the one who listens")

    with pytest.raises(ValueError, match="a defect"):
        run_command(DOUBLE, {}, fail)
    assert not is_alive(record()[0]["pid"])


def test_works_in_a_thread(double: Script) -> None:
    double([["say", RESULT]])
    found: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: found.append(run()[0]))
    thread.start()
    thread.join()
    assert found == [RESULT]


# Without flytekit, whose import takes seconds: what is seen here is how a process ends.
PROGRAM = f"""
import json, sys, types
def module(name, **content):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(content)
for name in ("flytekit", "flytekit.exceptions"):
    module(name, __path__=[])
module("flytekit.exceptions.user", FlyteAssertion=AssertionError)
module("flytekitplugins.imagespec", __path__={list(flytekitplugins.imagespec.__path__)})
from flytekitplugins.imagespec.process import dying_tidily, run_command
with dying_tidily():
    try:
        run_command({DOUBLE}, {{}}, lambda event: None)
    finally:
        print("tidy", flush=True)
"""
STUBBORN = [["ignore", "SIGTERM"], ["say", {"type": "started"}], ["sleep", 60]]
PATIENT = [["say", {"type": "started"}], ["sleep", 60]]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_takes_the_command_along_when_a_signal_comes(double: Script, name: str) -> None:
    record = double(PATIENT)
    with started(PROGRAM) as program:
        command = wait_for(lambda: record()[0]["pid"] if record() else None)
        program.send_signal(getattr(signal, name))
        code = program.wait(30)
        assert program.stdout is not None
        assert program.stdout.read() == b"tidy\n"
    # As if nobody had caught the signal.
    assert code == -getattr(signal, name)
    assert not is_alive(command)


def test_a_second_interruption_ends_a_command_that_does_not_listen(double: Script) -> None:
    record = double(STUBBORN)
    with started(PROGRAM) as program:
        command = wait_for(lambda: record()[0]["pid"] if record() else None)
        wait_for(lambda: ignores(command, signal.SIGTERM))
        program.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert is_alive(command)
        program.send_signal(signal.SIGINT)
        program.wait(30)
    assert not is_alive(command)


class started(subprocess.Popen):  # type: ignore[type-arg] # noqa: N801
    """A Python program that is ended with its block."""

    def __init__(self, program: str) -> None:
        super().__init__([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __exit__(self, *error: Any) -> None:  # noqa: ANN401
        self.kill()
        super().__exit__(*error)


def wait_for(find: Any) -> Any:  # noqa: ANN401
    for _ in range(600):
        found = find()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody has fetched its exit code yet.
    return ") Z" not in Path(f"/proc/{pid}/stat").read_text()


def ignores(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(next(line for line in status.splitlines() if line.startswith("SigIgn")).split()[1], 16)
    return bool(mask >> (number - 1) & 1)
