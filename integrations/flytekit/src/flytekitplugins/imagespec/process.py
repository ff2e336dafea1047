"""Runs the command: a document goes in, JSON lines come out."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from .errors import ImageBuildError, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

#: How long the command may tidy up after it was told to stop: a little longer than it gives itself.
_GRACE_SECONDS = 7.0
_KEPT_ERROR_LINES = 40
#: Kinds of lines after which there is nothing more to say.
_LAST = frozenset({"result", "error", "plan"})
# Of these Python dies on the spot, and would leave the command behind.
_DEADLY = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class _Killed(BaseException):
    """A signal came that would have ended this process."""


def run_command(
    command: Sequence[str], document: dict[str, Any], on_event: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Run the command to its end and return its last line; every other line is an event.

    The command does not outlive an exception, be it an interruption.

    Raises:
        ImageBuildError: the command cannot be started, or ends without its last line.
    """
    process = _start(command)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101
    said: collections.deque[str] = collections.deque(maxlen=_KEPT_ERROR_LINES)
    # By a thread: the pipe may be full while the command waits for us to read.
    writer = threading.Thread(target=_write, args=(process.stdin, document), daemon=True)
    reader = threading.Thread(target=_collect, args=(process.stderr, said), daemon=True)
    last: dict[str, Any] | None = None
    try:
        writer.start()
        reader.start()
        for line in process.stdout:
            message = _parse(line)
            if message is None:
                said.append(_text(line))
            elif message.get("type") in _LAST:
                last = message
            else:
                on_event(message)
        process.wait()
    except BaseException:
        _stop(process)
        raise
    finally:
        writer.join(1)
        reader.join(1)
        process.stdout.close()
        process.stderr.close()
    if last is None:
        raise ImageBuildError(
            f"imagespec ended with {_ending(process.returncode)} before it said what became of the image",
            hint="report this with the lines below" if said else None,
            log_tail=list(said),
        )
    return last


@contextmanager
def dying_tidily() -> Iterator[None]:
    """Leave the block by an exception when a deadly signal comes, and die of it behind the block.

    Handlers that others have installed stay.
    """
    if not _is_main_thread():
        yield
        return
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise _Killed

    ours = [number for number in _DEADLY if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, note)
    try:
        yield
    except _Killed:
        pass
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
        if received:
            os.kill(os.getpid(), received[0])


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Out of reach of the terminal's Ctrl-C, which we pass on, once. A thread does not hear of it.
            start_new_session=_is_main_thread(),
        )
    except OSError as error:
        raise ImageBuildError(
            f'"{command[0]}" cannot be started: {error.strerror}',
            code="RUN_UNAVAILABLE",
            hint="name an imagespec command in the variable IMAGESPEC_COMMAND",
        ) from error


def _write(stream: IO[bytes], document: dict[str, Any]) -> None:
    try:
        with stream:
            stream.write(json.dumps(document).encode())
    except BrokenPipeError:
        pass  # The command has ended early, and says why itself.


def _collect(stream: IO[bytes], lines: collections.deque[str]) -> None:
    for line in stream:
        lines.append(_text(line))


def _text(line: bytes) -> str:
    return plain(line.decode("utf-8", "replace").rstrip())


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the command tidy up; whoever is impatient interrupts once more."""
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except BaseException:  # It took too long, or somebody is impatient.
        process.kill()
        process.wait()


def _ending(code: int) -> str:
    return f"the exit code {code}" if code >= 0 else f"the signal {signal.Signals(-code).name}"


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
