"""What a package weighs, what its bytes are, and how long its functions take to import."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

RUNS = 5

# CPU time, so that what else this machine does blurs it little. -I -S: nothing but the package is there.
_SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.process_time()
for name in sys.argv[2:]:
    __import__(name)
print(time.process_time() - start)
"""


@dataclass(frozen=True)
class Load:
    """What a function imports, what its first call adds, and how many milliseconds the former may take."""

    modules: tuple[str, ...]
    first_call: tuple[str, ...]
    bar: int


STORE, LOGS, OPENAPI = "shared.state.tablestore", "shared.cloud.sls_client", "shared.cloud.openapi_client"
TELLING = ("shared.alerting.notify", "shared.alerting.receivers")

# Detectors do without their store in most batches, with the others no call does.
LOADS = {
    "account_audit": Load(("shared.audits.auditor", STORE), (LOGS, OPENAPI), 400),
    "notify": Load((*TELLING, STORE), (LOGS,), 400),
    "respond": Load(("shared.alerting.responder", STORE), (), 400),
    "self_check": Load(("shared.alerting.receivers", STORE), (LOGS,), 400),
}
"""What else functions import that have work of their own; the bars are those of detectors with a store."""
DETECTOR = Load((), (LOGS,), 250)


def load_of(function: str) -> Load:
    """By the function's name."""
    load = LOADS.get(function, DETECTOR)
    return replace(load, modules=(function, *load.modules))


def files(package: Path) -> list[Path]:
    """Every file of the package, in an order that does not depend on the machine."""
    return sorted(path for path in package.rglob("*") if path.is_file())


def digest(package: Path) -> str:
    """SHA-256 of every file's name, mode and bytes."""
    total = hashlib.sha256()
    for path in files(package):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(package).as_posix()} {path.stat().st_mode:o} {content}\n".encode())
    return total.hexdigest()


def size(package: Path) -> str:
    """Megabytes as Function Compute counts them: unpacked, and as the zip that is uploaded."""
    unpacked = sum(path.stat().st_size for path in files(package))
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files(package):
                archive.write(path, path.relative_to(package))
        return f"{unpacked / 1e6:.1f} MB, zipped {target.tell() / 1e6:.1f} MB"


def imports(package: Path, function: str, python: str) -> str:
    """One line: how long the function takes to import in that Python 3.10, beside its bar."""
    load = load_of(function)
    taken = import_time(package, load.modules, python)
    whole = import_time(package, (*load.modules, *load.first_call), python)
    verdict = "within" if taken <= load.bar else "OVER"
    return (
        f"{function}: imports in {taken:.0f} ms, {verdict} the bar of {load.bar} ms; "
        f"{whole:.0f} ms with what its first call adds"
    )


def import_time(package: Path, modules: Iterable[str], python: str) -> float:
    """Milliseconds of CPU for the imports in a fresh interpreter: the least of RUNS, as noise only adds."""
    command = [python, "-I", "-S", "-B", "-c", _SCRIPT, str(package), *modules]
    seconds = (
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(RUNS)
    )
    return min(seconds) * 1000
