"""The third-party packages that the functions import, as Function Compute's python3.10 runs them.

Fetched by pip without docker. The runtime is Debian 10, with glibc 2.28 (help.aliyun.com, Function Compute,
"Python runtime"): a wheel for a newer one installs here and fails there, so the platforms are named.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"

# Found by looking at sys.modules after a call of each function; tests/deploy/test_package.py looks again.
# Each is installed without what it asks for: the Log Service SDK would bring elasticsearch and dateparser,
# the Tablestore SDK numpy and future, of which nothing is imported.
RUNTIME = {
    "alibabacloud-tea-openapi": (
        "aiofiles",
        "aiohappyeyeballs",
        "aiohttp",
        "aiosignal",
        "alibabacloud-credentials",
        "alibabacloud-credentials-api",
        "alibabacloud-gateway-spi",
        "alibabacloud-tea",
        "APScheduler",
        "async-timeout",
        "attrs",
        "cffi",
        "cryptography",
        "darabonba-core",
        "frozenlist",
        "multidict",
        "propcache",
        "tzlocal",
        "websocket-client",
        "yarl",
    ),
    "aliyun-log-python-sdk": ("jmespath", "lz4", "protobuf", "python-dateutil", "requests", "six"),
    "msgspec": (),
    "pydantic": ("annotated-types", "pydantic_core", "typing_extensions", "typing-inspection"),
    "PyYAML": (),
    "requests": ("certifi", "charset-normalizer", "idna", "urllib3"),
    "tablestore": ("certifi", "crc32c", "flatbuffers", "protobuf", "six", "urllib3"),
    "tzdata": (),  # for zoneinfo: a runtime image need not have time zones
}
"""What we import, and what of its requirements it really imports."""

SOURCE_ONLY = (
    *("alibabacloud-credentials-api", "alibabacloud-gateway-spi", "alibabacloud-tea"),
    "aliyun-log-python-sdk",
)
"""Pure Python, but published without a wheel."""

TARGET = (
    *("--platform", "manylinux_2_28_x86_64"),
    *("--platform", "manylinux_2_17_x86_64"),
    *("--platform", "manylinux2014_x86_64"),
    *("--python-version", "3.10", "--implementation", "cp", "--only-binary=:all:"),
)

LICENCES = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
UNUSED = (
    *("*.pyx", "*.pxd", "*.pxi", "*.pyi", "*.c", "*.h", "py.typed", "tests", "test", "bin", "__pycache__"),
    *("lz4/frame", "aiohttp/web*.py", "aiohttp/worker.py", "aiohttp/*test*.py"),
    # The OpenAPI SDK imports aiohttp for calls that nobody awaits here; it does without what makes it fast.
    *("aiohttp/**/*.so", "multidict/*.so", "propcache/*.so", "frozenlist/*.so", "yarl/*.so"),
)
"""Files and folders that nothing imports, and those that are faster copies of what stays."""


class WheelError(Exception):
    """A package is not pinned, or pip could not fetch it."""


def pinned() -> list[str]:
    """`name==version` of every package, as constraints.txt has it. Raises WheelError if one is not there."""
    pins = {line.partition("==")[0].lower(): line for line in CONSTRAINTS.read_text().split()}
    names = sorted({*RUNTIME, *(name for needed in RUNTIME.values() for name in needed)}, key=str.lower)
    if missing := [name for name in names if name.lower() not in pins]:
        raise WheelError(f"{', '.join(missing)}: not pinned in constraints.txt")
    return [pins[name.lower()] for name in names]


def install(target: Path, scratch: Path) -> None:
    """Lay the packages out in `target`, pruned; `scratch` is for pip. Raises WheelError."""
    requirements = pinned()
    source = [pin for pin in requirements if pin.partition("==")[0] in SOURCE_ONLY]
    _pip("wheel", "--use-pep517", "--no-deps", "--wheel-dir", str(scratch), *source)
    _pip(
        "install", "--no-deps", "--find-links", str(scratch), "--target", str(target), *TARGET, *requirements
    )
    _trim_metadata(target)
    for pattern in UNUSED:
        for path in list(target.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (target / "requirements.txt").write_text("\n".join(requirements) + "\n")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelError(f"pip {arguments[0]} failed:\n{done.stderr.strip()}")


def _trim_metadata(target: Path) -> None:
    """Leave in each *.dist-info the licence, and the version: crc32c asks for its own when imported."""
    for info in target.glob("*.dist-info"):
        for path in [path for path in info.rglob("*") if path.is_file()]:
            if "licenses" not in path.parts and not path.name.startswith(LICENCES):
                path.unlink()
        name, _, version = info.stem.partition("-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
