"""Which code is deployed: the package's version.json, which deploy/package.py writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from shared.config import HERE

FILE = "version.json"


@dataclass(frozen=True)
class Version:
    """Digests of the code, with what it depends on, and of alerts/; empty where nobody knows."""

    code: str = ""
    alerts: str = ""


NOBODY_KNOWS = Version()
"""Of a checkout, and of what was deployed before packages had a version."""


@lru_cache(maxsize=1)
def deployed() -> Version:
    """Of the package that this instance runs; of a checkout, which has no version.json, an empty one."""
    path = HERE / FILE
    return Version(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else NOBODY_KNOWS
