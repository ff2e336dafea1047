import os
import sqlite3
import sys

from dateutil.parser import isoparse
from rich.console import Console


def main() -> None:
    currency = sys.argv[1] if len(sys.argv) > 1 else "USD"
    database = sqlite3.connect(f"file:{os.environ['RATES']}?mode=ro", uri=True)
    rows = database.execute("SELECT day, rate FROM rates WHERE currency = ? ORDER BY day", [currency]).fetchall()
    console = Console(width=60)
    for day, rate in rows:
        console.print(f"{isoparse(day):%d %b}  {float(rate):.4f}", highlight=False)


main()
