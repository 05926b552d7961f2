"""The bundled day: made by its script, mostly ordinary, and telling one story."""

from __future__ import annotations

from pathlib import Path

from shared.alerting.outbox import SqliteOutbox
from shared.config import load_alerts
from shared.detection.engine import Engine
from shared.events.sources import SOURCES
from shared.pipeline import Detector
from shared.state.in_memory import InMemoryStore
from tests.benchmarks.contestants import RECEIVED
from tests.benchmarks.make_sample_day import TARGET, lines

STORY = (
    "root-sign-in console-sign-in-failed console-sign-in-without-mfa ram-user-created"
    " ram-login-profile-without-mfa ram-admin-policy-attached ram-access-key-created"
    " sensitive-port-opened-to-world oss-public-read"
    " kms-key-deletion-scheduled actiontrail-redirected-or-narrowed actiontrail-stopped-or-deleted"
).split()


def judged(folder: Path) -> tuple[Detector, list[str]]:
    """The day through the shipped rules: the detector, and the rules that alerted, in order."""
    detector = Detector(Engine(load_alerts().rules, SOURCES.values()), InMemoryStore())
    for line in lines():
        detector.feed(line, "", RECEIVED)
    outbox = SqliteOutbox(folder / "outbox.sqlite")
    detector.flush(outbox)
    rules = [alert.rule for _, alert in outbox.alerts()]
    outbox.close()
    return detector, rules


def test_the_committed_file_is_what_the_script_makes() -> None:
    assert TARGET.read_text(encoding="utf-8") == "\n".join(lines()) + "\n"


def test_the_day_is_long_enough_to_look_real() -> None:
    assert 300 <= len(lines()) <= 400


def test_each_step_of_the_intruder_is_told_and_a_person_can_read_it_all(tmp_path: Path) -> None:
    _, rules = judged(tmp_path)
    assert set(STORY) <= set(rules)
    assert 15 <= len(rules) <= 30


def test_what_came_twice_is_judged_once_and_what_is_torn_is_kept(tmp_path: Path) -> None:
    detector, rules = judged(tmp_path)
    assert detector.tally.duplicates == 1
    assert detector.tally.quarantined == 1
    assert rules.count("ram-access-key-created") == 1
