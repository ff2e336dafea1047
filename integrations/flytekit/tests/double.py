"""Stands in for the command where the real one cannot be made to fail on purpose.

DOUBLE_SCRIPT names a file of JSON: a list of [verb, value], such as a line to say, seconds to sleep, or a code to
end with; or such a list for each sub-command. DOUBLE_RECORD is a file for the arguments and the document.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    document = json.loads(sys.stdin.read() or "null")
    record = os.environ.get("DOUBLE_RECORD")
    if record:
        with Path(record).open("a") as file:
            file.write(json.dumps({"arguments": sys.argv[1:], "document": document, "pid": os.getpid()}) + "\n")
    scripts = json.loads(Path(os.environ["DOUBLE_SCRIPT"]).read_text())
    for verb, value in scripts[sys.argv[1]] if isinstance(scripts, dict) else scripts:
        if verb == "say":
            print(json.dumps(value), flush=True)  # noqa: T201
        elif verb == "write":
            sys.stdout.write(value)
            sys.stdout.flush()
        elif verb == "complain":
            sys.stderr.write(value)
        elif verb == "sleep":
            time.sleep(value)
        elif verb == "ignore":
            signal.signal(getattr(signal, value), signal.SIG_IGN)
        elif verb == "die":
            os.kill(os.getpid(), getattr(signal, value))
        elif verb == "end":
            sys.exit(value)


main()
