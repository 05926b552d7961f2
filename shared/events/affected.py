"""What a call acted on, one by one: so that ten things deleted in one call count as ten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.events.leaves import last_name, leaves
from shared.events.text import text_of, texts_of

_NAMING = re.compile(r"(?:ids?|names?|keys?|bucket|project|logstore|object)$")
_ENVIRONMENT = frozenset(
    "regionid sourceregionid requestid hostid zoneid stsprincipalname ststokenprincipalname ownerid"
    " resourceownerid accesskeyid resourcegroupid clienttoken".split()
)
"""Parameters that are named alike, and are of the caller or the place."""


def affected(fields: Mapping[str, Any]) -> list[str]:
    """A name for each thing that the event acted on.

    An event that names several of a kind acted on each of them; one of each kind are one thing, as a logstore
    in a project. An event that names nothing goes by its id.
    """
    kinds = _referenced(fields) or _resource_names(fields) or _parameters(fields)
    several = max(kinds, key=len, default=[])
    if len(several) > 1:
        return several
    one = "/".join(names[0] for names in kinds)
    return _distinct([one or text_of(fields.get("eventId")) or text_of(fields.get("requestId"))])


def _referenced(fields: Mapping[str, Any]) -> list[list[str]]:
    """`{"ACS::ECS::Instance": ["i-1", "i-2"]}`."""
    resources = fields.get("referencedResources")
    kinds = resources.values() if isinstance(resources, Mapping) else ()
    return [names for kind in kinds if (names := _distinct(texts_of(kind)))]


def _resource_names(fields: Mapping[str, Any]) -> list[list[str]]:
    """`i-1,i-2;v-1`: kinds parted by semicolons, names by commas."""
    kinds = text_of(fields.get("resourceName")).split(";")
    return [names for kind in kinds if (names := _distinct(kind.split(",")))]


def _parameters(fields: Mapping[str, Any]) -> list[list[str]]:
    """`InstanceId.1`, `InstanceId.2`, or one of them; JSON strings and arrays are open already."""
    kinds: dict[str, list[str]] = {}
    for path, value in leaves(fields.get("requestParameters")):
        name = last_name(path)
        if _NAMING.search(name) and name not in _ENVIRONMENT:
            kinds.setdefault(name, []).append(text_of(value))
    return [names for kind in kinds.values() if (names := _distinct(kind))]


def _distinct(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(name.strip() for name in names) if name]
