"""The version of what a checkout would deploy: digests of its files. Any machine makes the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from shared.config import HERE
from shared.version import Version

CODE = ("functions/*.py", "shared/**/*.py", "constraints.txt")
NOT_DEPLOYED = "shared/cli/"
DIGITS = 12


def of_checkout(alerts: Path, root: Path = HERE) -> Version:
    """Of the code, with what it depends on, and of the team's files."""
    code = (path for pattern in CODE for path in root.glob(pattern))
    deployed = (p for p in code if not p.relative_to(root).as_posix().startswith(NOT_DEPLOYED))
    return Version(_digest(deployed, root), _digest(alerts.rglob("*"), alerts))


def _digest(paths: Iterable[Path], root: Path) -> str:
    """Of names and contents, in the order of names, without what an editor or Python leaves behind."""
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file() and _is_ours(path)}
    digest = hashlib.sha256()
    for name in sorted(files):
        data = files[name].read_bytes()
        digest.update(f"{len(name)}:{name}{len(data)}:".encode() + data)
    return digest.hexdigest()[:DIGITS]


def _is_ours(path: Path) -> bool:
    return not path.name.startswith(".") and "__pycache__" not in path.parts
