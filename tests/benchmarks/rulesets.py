"""Rule sets of any size: the neutral ones that every engine takes, and the shipped ones, both filled up."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import yaml

from shared.config import load_alerts
from shared.detection.load import load_rule
from shared.detection.rule import Rule
from shared.events.sources import SOURCES
from tests.benchmarks.events import tables

Detections = dict[str, dict[str, Any]]
"""Rules as the engines get them: a name leads to Sigma's `detection`."""

MOST_SHIPPED = 100

LOGSOURCE = {"product": "alibabacloud", "service": "actiontrail"}


def neutral(count: int) -> Detections:
    """The rules of neutral.yml, cut or filled up to `count` with variants."""
    text = (Path(__file__).parent / "neutral.yml").read_text(encoding="utf-8")
    detections: Detections = yaml.safe_load(text)
    missing = max(0, count - len(detections))
    return dict(list(detections.items())[:count]) | variants(missing)


def shipped(count: int) -> list[Rule]:
    """MOST_SHIPPED of the rules of alerts/ that judge by one event, filled up to `count` with variants.

    Sets of all sizes share the same shipped rules, so that what grows is the set, not what it alerts on.
    Rules that remember take part in no comparison of decoding and judging: most of their time is the store's.
    """
    rules = [r for r in load_alerts().rules if r.kind is None and r.source == "actiontrail"]
    taken = min(count, MOST_SHIPPED, len(rules))
    return [rules[n * len(rules) // taken] for n in range(taken)] + load(variants(count - taken))


def variants(count: int) -> Detections:
    """Rules as a large team has them: mostly of other calls, one in ten of a call that does happen."""
    happening = [call["name"] for call in tables()["security"]]
    return {f"variant-{n}": _variant(n, happening[n // 10 % len(happening)]) for n in range(count)}


def load(detections: Detections) -> list[Rule]:
    """The detections as Trailguard's own rules, by way of rule files."""
    return [load_rule(rule_file(n, d), f"{n}.yml", SOURCES.values(), {}) for n, d in detections.items()]


def rule_file(name: str, detection: dict[str, Any]) -> str:
    """A whole rule file, which pySigma reads too."""
    example = {"event": {"eventName": name}}
    rule = {
        "title": name,
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "status": "test",
        "description": f"Benchmark rule {name}.",
        "logsource": LOGSOURCE,
        "detection": detection,
        "level": "medium",
        "item": "trailguard",
        "alert": {"summary": "{actor} called {action} on {resource}", "runbook": "runbooks/benchmark.md"},
        "tests": [{"name": "a", "fires": True, **example}, {"name": "b", "fires": False, **example}],
    }
    return yaml.safe_dump(rule, sort_keys=False)


def _variant(number: int, happening: str) -> dict[str, Any]:
    shapes: tuple[dict[str, Any], ...] = (
        {"eventName": happening, "requestParameters.Description|contains": f"marker-{number}"},
        {"eventName": [f"Modify{number}Attribute", f"Delete{number}Resource"]},
        {"serviceName": "Ecs", "eventName": f"Run{number}Command", "userAgent|contains": "sdk"},
        {"eventName": f"Put{number}Policy", "requestParameters.PolicyDocument|contains": '"Action":"*"'},
        {"eventName": f"Detach{number}Volume", "sourceIpAddress|startswith": "203.0.113."},
    )
    shape = shapes[0 if number % 10 == 0 else 1 + number % 4]
    return {"selection": shape, "condition": "selection"}
