"""`trailguard state`: what rules remember, on a laptop's file and in Tablestore."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from shared.cli.main import main
from shared.cli.store import memory_beside
from shared.config import load_alerts
from shared.detection.remembered import beginning_of, prefix_of
from shared.state.sqlite import SqliteStore
from shared.state.store import StateStore, Write
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cloud.tablestore import INSTANCE, TablestoreServer
from tests.judging import rule_text
from tests.story import Story

State = Callable[..., tuple[int, str, str]]

RULES = {
    "guessed": {"event_count": {"by": ["userIdentity.userName"], "within": "10m", "gte": 3}},
    "new-address": {"first_seen": {"by": ["userIdentity.userName", "sourceIpAddress"], "learn": "7d"}},
}
NOW = datetime.now(timezone.utc).replace(microsecond=0)


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    """Two rules that remember."""
    files = {
        "runbooks/x.md": "# x\n",
        "routes.yml": "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
        **{f"rules/{name}.yml": rule_file(name, number) for number, name in enumerate(RULES)},
    }
    for name, text in files.items():
        path = tmp_path / "alerts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "alerts"


def rule_file(name: str, number: int) -> str:
    return rule_text(
        title=name,
        id=f"00000000-0000-4000-8000-00000000001{number}",
        detection={"failed": {"eventName": "Fail"}, "condition": "failed"},
        state=RULES[name],
        alert={"summary": name, "runbook": "runbooks/x.md"},
    )


@pytest.fixture(params=["sqlite", "tablestore"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The store that `trailguard state` will find."""
    if request.param == "sqlite":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        monkeypatch.delenv("TRAILGUARD_TABLESTORE_ENDPOINT", raising=False)
        (tmp_path / "trailguard").mkdir()
        yield SqliteStore(memory_beside(tmp_path / "trailguard" / "watch.sqlite"))
        return
    with TablestoreServer() as server:
        keys = server.credentials[0]
        create_table(open_client(server.endpoint, INSTANCE, lambda: keys), "trailguard")
        monkeypatch.setenv("TRAILGUARD_TABLESTORE_ENDPOINT", server.endpoint)
        monkeypatch.setenv("TRAILGUARD_TABLESTORE_INSTANCE", INSTANCE)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", keys.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", keys.access_key_secret)
        yield connect(server.endpoint, INSTANCE, "trailguard", lambda: keys)


@pytest.fixture
def state(alerts: Path, store: StateStore, capsys: pytest.CaptureFixture[str]) -> State:
    """Alice and Bob have failed to sign in; runs `trailguard state`."""
    tale = Story(tuple(load_alerts(alerts).rules), store, start=NOW)
    tale.at("0s", failed("alice", "203.0.113.9"), failed("alice", "203.0.113.9"), failed("bob", "192.0.2.1"))

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["state", "--alerts", str(alerts), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def failed(user: str, address: str) -> dict[str, Any]:
    return {"eventName": "Fail", "sourceIpAddress": address, "userIdentity": {"userName": user}}


def groups(state: State, *arguments: str) -> list[tuple[str, str]]:
    _, out, _ = state("show", "--json", *arguments)
    return sorted((line["rule"], line["group"]) for line in map(json.loads, out.splitlines()))


EVERYTHING = [
    ("guessed", "alice"),
    ("guessed", "bob"),
    ("new-address", "(since when it learns)"),
    ("new-address", "alice, 203.0.113.9"),
    ("new-address", "bob, 192.0.2.1"),
]


def test_a_table_tells_in_words_what_is_remembered_of_whom_and_until_when(state: State) -> None:
    code, out, _ = state("show")
    assert code == 0
    assert f"2 event(s), the last at {NOW:%Y-%m-%d %H:%M} UTC" in out
    assert f"first seen {NOW:%Y-%m-%d %H:%M} UTC" in out
    assert all(group in out for _, group in EVERYTHING)
    assert groups(state) == EVERYTHING


def test_one_rule_or_one_group_can_be_asked_after(state: State) -> None:
    assert groups(state, "--rule", "guessed") == EVERYTHING[:2]
    assert groups(state, "--group", "ALICE") == [EVERYTHING[0], EVERYTHING[3]]
    assert groups(state, "--rule", "new-address", "--group", "192.0") == [EVERYTHING[4]]


def test_json_holds_what_is_stored(state: State) -> None:
    _, out, _ = state("show", "--json", "--rule", "guessed", "--group", "bob")
    line = json.loads(out)
    assert line["account"] == ""
    assert len(line["value"]["seen"]) == 1
    assert datetime.fromisoformat(line["until"]) > NOW + timedelta(hours=6)


def test_what_was_exported_can_be_put_back(state: State, tmp_path: Path) -> None:
    file = str(tmp_path / "memory.ndjson")
    assert state("export", file)[::2] == (0, "exported 5 groups\n")
    _, before, _ = state("show", "--json")
    for rule in RULES:
        assert state("forget", "--rule", rule)[0] == 0
    assert groups(state) == []
    assert state("import", file)[::2] == (0, "imported 5 groups\n")
    assert state("show", "--json")[1] == before
    assert state("import", file)[0] == 0  # over what is there


def test_one_group_can_be_forgotten_by_its_whole_name(state: State) -> None:
    assert state("forget", "--rule", "new-address", "--group", "alice")[:2] == (
        0,
        "forgot new-address: alice, 203.0.113.9\n",
    )
    assert groups(state) == [pair for pair in EVERYTHING if pair != EVERYTHING[3]]
    code, _, err = state("forget", "--rule", "new-address", "--group", "bo")
    assert (code, err) == (2, "new-address remembers nothing of bo\n")


def test_a_rule_is_forgotten_with_its_beginning_and_learns_again(state: State) -> None:
    state("forget", "--rule", "new-address")
    assert groups(state) == EVERYTHING[:2]


def test_what_cannot_be_read_is_shown_as_that_and_can_be_forgotten(
    state: State, store: StateStore, alerts: Path, tmp_path: Path
) -> None:
    rules = {rule.name: rule for rule in load_alerts(alerts).rules}
    ((key, stored), *_) = store.scan(prefix_of(rules["guessed"]))
    of_another_kind = dict(store.scan(beginning_of(rules["new-address"]))).popitem()[1].value
    lone = prefix_of(rules["guessed"]) + "x"
    store.save(
        [
            Write(key, b"\xff?", stored.version),
            Write(lone, of_another_kind, 0),
            Write("rule/gone/x", b"{}", 0),
        ]
    )
    _, out, _ = state("show")
    assert "can't be read" in out
    assert "of another kind" in out
    assert state("export", str(tmp_path / "x"))[2] == "exported 5 groups; 2 can't be read\n"
    assert state("forget", "--rule", "guessed")[0] == 0
    assert groups(state, "--rule", "guessed") == []


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"key": 5}', '{"key": "pending/x", "account": ""}'])
def test_a_line_that_is_no_memory_is_named_and_nothing_imported(
    state: State, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "memory.ndjson"
    state("export", str(file))
    file.write_text(file.read_text() + line + "\n")
    state("forget", "--rule", "guessed")
    code, _, err = state("import", str(file))
    assert code == 2
    assert err == f"{file}:6: not a line that `trailguard state export` wrote\n"
    assert groups(state, "--rule", "guessed") == []


def test_a_rule_that_is_not_there_is_told_with_the_nearest(state: State) -> None:
    for action in ("show", "forget"):
        code, _, err = state(action, "--rule", "gessed")
        assert code == 2
        assert "no rule that remembers is called 'gessed'" in err
        assert "guessed" in err.replace("gessed", "")


def test_a_file_that_is_not_there_is_named(state: State, tmp_path: Path) -> None:
    code, _, err = state("import", str(tmp_path / "nowhere"))
    assert code == 2
    assert "nowhere" in err
    code, _, err = state("show", "--state", str(tmp_path / "none.sqlite"))
    assert code == 2
    assert "none-memory.sqlite: no such file" in err


def test_a_memory_can_be_carried_to_a_machine_that_has_none(alerts: Path, tmp_path: Path, capsys) -> None:
    file, new = tmp_path / "memory.ndjson", tmp_path / "new" / "watch.sqlite"
    line = {"key": "rule/x/y", "account": "", "group": ["bob"], "value": {}, "until": 4_000_000_000}
    file.write_text(json.dumps(line) + "\n")
    common = ["state", "--alerts", str(alerts)]
    assert main([*common, "show", "--state", str(new)]) == 2
    (alerts / "rules" / "broken.yml").write_text("title: [")
    assert main([*common, "import", "--state", str(new), str(file)]) == 0
    capsys.readouterr()
    assert main([*common, "show", "--json", "--state", str(new)]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["group"] == "bob"
    assert "broken.yml:2" in captured.err
