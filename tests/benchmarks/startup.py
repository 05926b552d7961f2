"""How long a function takes before it can judge: imports in fresh interpreters, and reading alerts/."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from shared.config import load_alerts

_TIMED = """
import time
{before}
started = time.perf_counter()
import functions.actiontrail
print(time.perf_counter() - started)
"""


def import_seconds(rounds: int) -> tuple[float, float]:
    """Median time to import functions.actiontrail: all of it, and without Log Service's SDK."""
    whole = [_import("") for _ in range(rounds)]
    rest = [_import("import aliyun.log") for _ in range(rounds)]
    return statistics.median(whole), statistics.median(rest)


def load_seconds(rounds: int) -> tuple[float, int]:
    """Best time to read alerts/, and how many rules it holds."""
    seconds, count = [], 0
    for _ in range(rounds):
        started = time.perf_counter()
        count = len(load_alerts().rules)
        seconds.append(time.perf_counter() - started)
    return min(seconds), count


def _import(before: str) -> float:
    program = _TIMED.format(before=before)
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(run.stdout)
