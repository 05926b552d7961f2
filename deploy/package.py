"""Make the package that every function is deployed with: `make package`, which `s deploy` runs by itself.

First `trailguard check`: with a broken file in alerts/, or a rule whose test fails, there is no package.
The same files make the same bytes, on any machine whose Python 3.10 is of the same release.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy import measure, wheels
from deploy.version import of_checkout
from shared.cli.main import main as trailguard
from shared.version import FILE

CHECKOUT = Path(__file__).resolve().parent.parent
CODE = "/code"  # where Function Compute mounts the package: tracebacks show the files there
LONG_AGO = 1_577_836_800  # 2020-01-01 UTC, in Unix seconds: every file's time
COMPILED_FOR = "3.10"
NOT_DEPLOYED = shutil.ignore_patterns("cli", "__pycache__")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, build, report. 0 when there is a package, 1 when something stopped it."""
    options = _parser().parse_args(arguments)
    if options.output.exists():
        shutil.rmtree(options.output)  # `s deploy` must never find an old one
    if trailguard(["check", "--alerts", str(options.alerts)]):
        print("no package: mend these first", file=sys.stderr)
        return 1
    python = find_python()
    try:
        build(options.output, options.alerts, python)
    except (wheels.WheelError, subprocess.CalledProcessError) as error:
        print(f"no package: {error}", file=sys.stderr)
        return 1
    report(options.output, python)
    return 0


def build(output: Path, alerts: Path, python: str | None) -> None:
    """The package in `output`, compiled by `python`; moved there when it is whole."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        package = Path(scratch) / "package"
        wheels.install(package, Path(scratch) / "wheels")
        lay_out(package, alerts)
        if python:
            compile_all(package, python)
        normalise(package)
        package.rename(output)


def lay_out(package: Path, alerts: Path) -> None:
    """Our own files: the functions at the root, where their handlers are looked for, shared/, alerts/, and
    the version of all that."""
    for function in functions():
        shutil.copy(CHECKOUT / "functions" / f"{function}.py", package)
    shutil.copytree(CHECKOUT / "shared", package / "shared", ignore=NOT_DEPLOYED)
    shutil.copytree(alerts, package / "alerts")
    (package / FILE).write_text(json.dumps(vars(of_checkout(alerts))), encoding="utf-8")


def functions() -> list[str]:
    """The name of each function."""
    return sorted(
        path.stem for path in (CHECKOUT / "functions").glob("*.py") if not path.stem.startswith("_")
    )


def find_python() -> str | None:
    """A Python 3.10 of this machine; None without one."""
    found = subprocess.run(
        [CHECKOUT / "deploy/find-python", COMPILED_FOR], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def compile_all(package: Path, python: str) -> None:
    """A .pyc beside each source, trusted without a look at it. Raises CalledProcessError."""
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(package), "-p", CODE]
    # The order of a set's members in a .pyc would otherwise differ from run to run.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([python, "-m", "compileall", *options, str(package)], check=True, env=environment)


def normalise(package: Path) -> None:
    """One time and one mode for all files, as neither says anything."""
    for path in [package, *package.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (LONG_AGO, LONG_AGO))


def report(package: Path, python: str | None) -> None:
    """Print what was made."""
    print(f"{package}: {measure.size(package)}")
    print(f"sha256 {measure.digest(package)}")
    if python is None:
        print(f"note: no Python {COMPILED_FOR} here: sources only, functions will start slower")
        return
    for function in functions():
        print(measure.imports(package, function, python))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.package", description=__doc__)
    parser.add_argument("--output", type=Path, default=CHECKOUT / "build" / "package", metavar="DIR")
    parser.add_argument("--alerts", type=Path, default=CHECKOUT / "alerts", metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
