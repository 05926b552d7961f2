"""What one script did on four distributions, and what their logs must therefore tell."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from shared.events.event import Event
from shared.events.host_event import Place
from shared.events.host_lines import HOST_SOURCES, HostLines, Told

FIXTURES = Path(__file__).parents[2] / "fixtures" / "host"
DISTRIBUTIONS = (
    "debian12-openssh9.2",
    "debian13-openssh10.0",
    "ubuntu2204-openssh8.9",
    "ubuntu2404-openssh9.6",
)
RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)


def told_by(name: str, path: str = "") -> list[Told]:
    lines, place = HostLines(), Place("web-01", path)
    text = (FIXTURES / name).read_text()
    return [
        told
        for number, line in enumerate(text.splitlines(), 1)
        for told in lines.read(line, f"{name}:{number}", RECEIVED, place)
    ]


@pytest.fixture(params=DISTRIBUTIONS)
def events(request: pytest.FixtureRequest) -> list[Event]:
    told = told_by(f"{request.param}.log")
    assert all(isinstance(one, Event) for one in told)
    return [one for one in told if isinstance(one, Event)]


def of(events: list[Event], source: str, *actions: str) -> list[dict[str, Any]]:
    return [
        dict(event.fields) for event in events if event.source == source and event.fields["action"] in actions
    ]


def test_every_line_of_a_log_is_understood(events: list[Event]) -> None:
    assert {event.fields["action"] for event in events} >= {"login_failed", "command", "su", "user_added"}
    assert not [event.fields["message"] for event in events if event.fields["action"] == "other"]


def test_every_field_is_one_that_rules_may_name(events: list[Event]) -> None:
    sources = {source.name: source for source in HOST_SOURCES}
    for event in events:
        for field in event.fields:
            sources[event.source].check_field(field)


def test_every_line_has_an_id_of_its_own_and_the_time_it_tells(events: list[Event]) -> None:
    assert len({event.id for event in events}) == len(events)
    assert {event.time.date().isoformat() for event in events} == {"2026-11-23"}
    assert [event.time for event in events] == sorted(event.time for event in events)


def test_the_five_logins_are_found(events: list[Event]) -> None:
    logins = of(events, "sshd", "login_accepted")
    assert [(login["user"], login["source_ip"], login["method"]) for login in logins] == [
        ("root", "198.51.100.23", "password"),
        ("alice", "192.0.2.50", "password"),
        ("bob", "192.0.2.50", "keyboard-interactive"),
        ("alice", "192.0.2.50", "publickey"),
        ("alice", "2001:db8::7", "publickey"),
    ]
    assert all(login["key_type"] == "ED25519" for login in logins if login["method"] == "publickey")


def test_every_failed_attempt_counts_once_for_its_address(events: list[Event]) -> None:
    attempts: Counter[str] = Counter()
    for event in events:
        if event.source == "sshd" and event.fields.get("attempts"):
            attempts[event.fields["source_ip"]] += event.fields["attempts"]
    assert attempts == {"203.0.113.7": 10, "198.51.100.23": 13, "192.0.2.50": 1}


def test_the_names_that_were_tried_are_found(events: list[Event]) -> None:
    failed = of(events, "sshd", "login_failed")
    tried = {fields["user"] for fields in failed if fields["source_ip"] == "198.51.100.23"}
    assert tried == {"root", "admin", "oracle", "test", "two words", "git"}
    refused = of(events, "sshd", "user_refused")
    assert [(fields["user"], fields["reason"]) for fields in refused] == [("bob", "not listed in AllowUsers")]


def test_a_brute_force_is_told_from_its_success_by_time(events: list[Event]) -> None:
    of_attacker = [event for event in events if event.fields.get("source_ip") == "198.51.100.23"]
    failed = [event.time for event in of_attacker if event.fields["action"] == "login_failed"]
    accepted = [event.time for event in of_attacker if event.fields["action"] == "login_accepted"]
    assert len(failed) == 13
    assert len(accepted) == 1
    assert max(failed) <= accepted[0]


def test_sudo_runs_and_refusals_are_found(events: list[Event]) -> None:
    runs = of(events, "sudo", "command")
    assert [(run["user"], run["target_user"], run["command"].split()[0]) for run in runs] == [
        ("alice", "root", "/usr/bin/id"),
        ("alice", "bob", "/bin/echo"),
        ("alice", "root", "/usr/bin/sh"),
        ("dave", "root", "/usr/bin/id"),
        ("alice", "root", "/usr/bin/id"),
        ("alice", "root", "/usr/sbin/useradd"),
        ("alice", "root", "/usr/sbin/usermod"),
    ]
    assert runs[1]["target_group"] == "deploy"
    assert runs[2]["environment"] == "FOO=bar"
    refusals = of(events, "sudo", "refused")
    assert [(one["user"], one["refusal"], one["attempts"]) for one in refusals] == [
        ("alice", "wrong_password", 3),
        ("bob", "not_in_sudoers", 0),
        ("alice", "password_required", 0),
        ("dave", "command_not_allowed", 0),
    ]


def test_who_became_whom_with_su_is_found(events: list[Event]) -> None:
    assert [(one["user"], one["target_user"]) for one in of(events, "su", "su")] == [
        ("root", "alice"),
        ("bob", "root"),
        ("root", "alice"),
    ]
    assert [(one["user"], one["target_user"]) for one in of(events, "su", "su_failed")] == [("bob", "root")]


def test_users_and_groups_made_and_removed_are_found(events: list[Event]) -> None:
    assert [one["user"] for one in of(events, "accounts", "user_added")] == [
        *("alice", "bob", "svc", "carol", "dave", "eve")
    ]
    renamed = of(events, "accounts", "user_renamed")
    assert [(one["user"], one["new_name"]) for one in renamed] == [("carol", "carol2")]
    assert [one["user"] for one in of(events, "accounts", "user_removed")] == ["carol2"]
    groups = [one["group"] for one in of(events, "accounts", "group_added")]
    assert sorted(groups) == sorted(["deploy", "alice", "bob", "svc", "tmpg", "carol", "dave", "eve"])
    assert [one["group"] for one in of(events, "accounts", "group_removed")] == ["tmpg2"]


def test_every_change_of_membership_is_told_once(events: list[Event]) -> None:
    changes = Counter(
        (one["action"], one["user"], one["group"])
        for one in of(events, "accounts", "member_added", "member_removed")
    )
    assert changes == {
        ("member_added", "alice", "sudo"): 1,
        ("member_added", "alice", "deploy"): 1,
        ("member_added", "bob", "adm"): 1,
        ("member_removed", "bob", "adm"): 1,
        ("member_added", "bob", "deploy"): 1,
        ("member_added", "bob", "sudo"): 1,
        ("member_removed", "bob", "sudo"): 1,
        ("member_added", "eve", "sudo"): 1,
    }
    (primary,) = [one for one in of(events, "accounts", "user_changed") if one["attribute"] == "gid"]
    assert (primary["user"], primary["old_value"], primary["new_value"]) == ("bob", "1002", "1000")


def test_a_penalty_of_openssh_10_counts_as_the_attempt_that_it_prevented() -> None:
    told = told_by("debian13-openssh10.0.log")
    (dropped,) = of([one for one in told if isinstance(one, Event)], "sshd", "connection_dropped")
    assert (dropped["source_ip"], dropped["attempts"]) == ("203.0.113.7", 1)
    assert dropped["reason"] == "penalty: failed authentication"


@pytest.mark.parametrize(
    ("name", "path"),
    [("nginx-error.log", "/var/log/nginx/error.log"), ("apache-error.log", "/var/log/apache2/error.log")],
)
def test_every_line_of_a_web_servers_error_log_is_understood(name: str, path: str) -> None:
    events = told_by(name, path)
    actions = Counter(event.fields["action"] for event in events if isinstance(event, Event))
    assert actions.total() == len(events)
    assert "other" not in actions
    assert actions["auth_failed"] == 2


def test_every_row_of_osquerys_results_is_read() -> None:
    events = [event for event in told_by("osquery-results.jsonl") if isinstance(event, Event)]
    assert [(event.fields["query"], event.fields["action"]) for event in events] == [
        ("users", "added"),
        ("listening_ports", "added"),
        ("authorized_keys", "added"),
        ("authorized_keys", "removed"),
        ("processes", "snapshot"),
        ("processes", "snapshot"),
    ]
    assert [event.fields["baseline"] for event in events] == [True, False, False, False, False, False]
    assert {event.fields["host"] for event in events} == {"web-01"}
