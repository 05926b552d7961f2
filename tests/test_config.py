"""Reading alerts/: what is broken is told and left out, and everything else is in force."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.config import AlertsConfig, load_alerts
from tests.judging import rule_text

ROUTES = "route: {receiver: log}\nreceivers:\n  - name: log\n"
OTHER_ID = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    """A small alerts/ folder without mistakes."""
    directory = tmp_path / "alerts"
    write(directory / "rules" / "trail-stopped.yml", rule_text())
    write(directory / "runbooks" / "x.md", "# What to do")
    write(directory / "routes.yml", ROUTES)
    return directory


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def told(config: AlertsConfig) -> list[str]:
    return [str(problem) for problem in config.problems]


def names(config: AlertsConfig) -> list[str]:
    return [rule.name for rule in config.rules]


def test_a_folder_without_mistakes_is_read_whole(alerts: Path) -> None:
    config = load_alerts(alerts)
    assert told(config) == []
    assert names(config) == ["trail-stopped"]
    assert config.routing is not None


BROKEN = {
    "no YAML": "a: [",
    "no map": "- a",
    "nothing": "",
    "a mistake": rule_text(id=OTHER_ID, level="hihg"),
    "not UTF-8": b"title: caf\xe9\n",
    "bytes": bytes(range(256)),
    "a bad pattern": rule_text(
        id=OTHER_ID, detection={"s": {"eventName|re": "a{99999999999999999999}"}, "condition": "s"}
    ),
    "a deep condition": rule_text(
        id=OTHER_ID, detection={"s": {"eventName": "x"}, "condition": "not " * 9999 + "s"}
    ),
    "a knot": "a: &a [*a]",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_rule_is_told_and_the_others_are_in_force(alerts: Path, kind: str) -> None:
    write(alerts / "rules" / "deep" / "broken.yml", BROKEN[kind])
    config = load_alerts(alerts)
    assert names(config) == ["trail-stopped"]
    assert told(config)
    assert all(text.startswith("alerts/rules/deep/broken.yml:") for text in told(config))


def test_a_rule_whose_name_is_taken_is_told_and_left_out(alerts: Path) -> None:
    write(alerts / "rules" / "z" / "trail-stopped.yml", rule_text(id=OTHER_ID, level="low"))
    config = load_alerts(alerts)
    assert [text.split(": ")[1] for text in told(config)] == [
        "name 'trail-stopped' is already taken by alerts/rules/trail-stopped.yml"
    ]
    assert [rule.level for rule in config.rules] == ["high"]


def test_a_rule_whose_id_is_taken_is_told_and_left_out(alerts: Path) -> None:
    write(alerts / "rules" / "copy.yml", rule_text(title="A copy"))
    config = load_alerts(alerts)
    assert names(config) == ["copy"]
    assert [text.split(": ")[1] for text in told(config)] == [
        "id '00000000-0000-4000-8000-000000000001' is already taken by alerts/rules/copy.yml"
    ]


def test_a_rule_without_its_runbook_is_told_and_in_force(alerts: Path) -> None:
    (alerts / "runbooks" / "x.md").unlink()
    config = load_alerts(alerts)
    (problem,) = told(config)
    assert problem.startswith("alerts/rules/trail-stopped.yml:")
    assert not problem.startswith("alerts/rules/trail-stopped.yml:1:")
    assert problem.endswith("runbook 'runbooks/x.md' does not exist")
    assert names(config) == ["trail-stopped"]


def test_a_file_that_is_not_utf8_is_told_with_its_line(alerts: Path) -> None:
    path = alerts / "rules" / "trail-stopped.yml"
    path.write_bytes(path.read_bytes().replace(b"\ntests:", b"\n# caf\xe9\ntests:"))
    (problem,) = told(load_alerts(alerts))
    assert re.fullmatch(
        r"alerts/rules/trail-stopped.yml:[0-9]{2}: not UTF-8; save the file as UTF-8", problem
    )


def test_both_endings_of_yaml_files_are_read_and_what_editors_leave_behind_is_not(alerts: Path) -> None:
    write(alerts / "rules" / "second.yaml", rule_text(id=OTHER_ID))
    write(alerts / "rules" / ".second.yml.swp.yml", "garbage: [")
    write(alerts / "rules" / "notes.txt", "garbage: [")
    write(alerts / "rules" / "folder.yml" / "README.md", "")
    (alerts / "rules" / ".#second.yml").symlink_to("bob@laptop.1234:1700000000")
    (alerts / "rules" / "dangling.yml").symlink_to("nowhere.yml")
    config = load_alerts(alerts)
    assert told(config) == []
    assert names(config) == ["second", "trail-stopped"]


def test_a_list_is_flat(alerts: Path) -> None:
    write(alerts / "lists" / "ports.yml", "# open\n- 22\n- '3389'\n- true\n")
    write(alerts / "lists" / "bad.yml", "- {a: b}\n")
    write(alerts / "lists" / "worse.yml", "a: b\n")
    write(alerts / "lists" / "torn.yml", "- [")
    write(alerts / "lists" / "gap.yml", "- 22\n-\n- 23\n")
    write(alerts / "lists" / "none.yml", "[]\n")
    config = load_alerts(alerts)
    assert config.lists == {"ports": ("22", "3389", "true"), "none": ()}
    assert [text.rpartition(":")[0].split(": ")[0] for text in told(config)] == [
        "alerts/lists/bad.yml:1",
        "alerts/lists/gap.yml:2",
        "alerts/lists/torn.yml:2",
        "alerts/lists/worse.yml:1",
    ]


def test_a_broken_list_leaves_out_the_rules_that_need_it_and_no_others(alerts: Path) -> None:
    detection = {"s": {"eventName|expand": "%names%"}, "condition": "s"}
    write(alerts / "rules" / "needs-names.yml", rule_text(id=OTHER_ID, detection=detection))
    write(alerts / "lists" / "names.yml", "a: b")
    config = load_alerts(alerts)
    assert names(config) == ["trail-stopped"]
    assert any("no list 'lists/names.yml'" in text for text in told(config))


def test_tuning_is_applied_and_the_shipped_rules_stay_known(alerts: Path) -> None:
    write(alerts / "tuning.yml", "trail-stopped: {enabled: false}\n")
    config = load_alerts(alerts)
    assert config.rules == []
    assert [rule.name for rule in config.shipped] == ["trail-stopped"]


@pytest.mark.parametrize(
    "text", ["a: [", "- a", "just words", "trail-stopped: {level: lwo}", "5", b"\xff\xfe\x00"]
)
def test_a_broken_tuning_file_leaves_the_rules_as_shipped(alerts: Path, text: str | bytes) -> None:
    write(alerts / "tuning.yml", text)
    config = load_alerts(alerts)
    assert config.rules == config.shipped != []
    assert all(problem.startswith("alerts/tuning.yml:") for problem in told(config))
    assert told(config)


@pytest.mark.parametrize("text", ["", "# only words\n"])
def test_an_empty_tuning_file_changes_nothing(alerts: Path, text: str) -> None:
    write(alerts / "tuning.yml", text)
    config = load_alerts(alerts)
    assert told(config) == []
    assert config.rules == config.shipped


def test_without_routes_nobody_would_hear_and_that_is_told(alerts: Path) -> None:
    (alerts / "routes.yml").unlink()
    config = load_alerts(alerts)
    assert told(config) == ["alerts/routes.yml:1: missing: nobody would hear of any alert"]
    assert names(config) == ["trail-stopped"]


def test_broken_routes_leave_the_rules_in_force(alerts: Path) -> None:
    write(alerts / "routes.yml", "route: {reciever: x}")
    config = load_alerts(alerts)
    assert config.routing is None
    assert names(config) == ["trail-stopped"]


def test_another_folder_is_told_apart_from_alerts(tmp_path: Path) -> None:
    assert told(load_alerts(tmp_path)) == [
        f"{tmp_path}:1: no rules/ in this folder; is it an alerts/ folder?"
    ]


def test_templates_are_read_by_kind_of_channel(alerts: Path) -> None:
    assert load_alerts(alerts).templates == {}
    write(alerts / "templates" / "dingtalk.j2", "{{ alert.actor }}")
    write(alerts / "templates" / "README.md", "how to write one")
    assert load_alerts(alerts).templates == {"dingtalk": "{{ alert.actor }}"}
