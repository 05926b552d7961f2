"""What holds for every shipped rule on standing findings: what is gone ends them, the unknown does not."""

from __future__ import annotations

import pytest

from shared.audits.collectors import COLLECTORS
from shared.config import load_alerts
from shared.detection.kinds.standing import Standing
from shared.detection.rule import Rule
from shared.events.audit import audit_event
from shared.events.audit_kinds import KINDS
from shared.events.event import Event
from tests.audits.conftest import START

RULES = [rule for rule in load_alerts().shipped if rule.source == "audit" and isinstance(rule.kind, Standing)]
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
LISTED = {kind for collector in COLLECTORS for kind in collector.kinds}
"""Kinds of which something can be gone."""


def gone(kind: str) -> Event:
    return audit_event(kind, "it", "cn-hangzhou", {"exists": False}, "1", START, "test")


def of(rule: Rule) -> set[str]:
    """The kinds that a rule is about."""
    return {kind for kind in KINDS if rule.concerns(gone(kind))}


@EACH
def test_what_is_gone_ends_it(rule: Rule) -> None:
    assert len(of(rule)) == 1, "it is about one kind, and hears when one of it is gone"
    assert not any(rule.matches(gone(kind)) for kind in LISTED)


@EACH
def test_what_is_unknown_is_no_sighting(rule: Rule) -> None:
    (kind,) = of(rule)
    fields = {"of": kind, "api": "x:Y", "error": "NoPermission", "message": "refused"}
    assert not rule.concerns(audit_event("unknown", f"{kind} it", "", fields, "1", START, "test"))
