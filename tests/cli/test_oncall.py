"""On call at the command line: what is open, who has it, what is quiet, and whom an alert would reach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.alerting.desk import Desk
from shared.alerting.notice import Notice
from shared.cli.store import memory_beside
from shared.config import HERE, load_alerts
from shared.state.sqlite import SqliteStore
from shared.state.tablestore import connect
from shared.state.tablestore_client import create_table, open_client
from tests.cli.conftest import Command, Ran, event
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import INSTANCE, TablestoreServer

RULE = "actiontrail-stopped-or-deleted.yml"
COMMANDS = ("alerts", "incidents", "ack", "silence", "silences", "unsilence", "routes", "runbook")


class Shift:
    """A person on call, with `watch`'s state of this machine."""

    def __init__(self, trailguard: Command, folder: Path) -> None:
        self.run = trailguard
        self.folder = folder
        self.state = folder / "watch.sqlite"
        self.alerts = folder / "alerts"
        (self.alerts / "rules").mkdir(parents=True)
        (self.alerts / "rules" / RULE).symlink_to(HERE / "alerts" / "rules" / "actiontrail" / RULE)
        for name in ("lists", "runbooks", "routes.yml"):
            (self.alerts / name).symlink_to(HERE / "alerts" / name)

    def happens(self, number: int = 1, **changes: Any) -> Ran:
        """An event is judged and told: nobody is configured but the webhook, which can't be reached."""
        file = self.folder / f"events-{number}.ndjson"
        file.write_text(json.dumps(event(number=number, **changes)) + "\n")
        return self.run(
            *("watch", "--once", "--from-start", *self._options, str(file)),
            WEBHOOK_URL="https://127.0.0.1:9/",
            WEBHOOK_SECRET="whsec_" + "a" * 32,
        )

    def __call__(self, command: str, *arguments: str, **environment: str) -> Ran:
        return self.run(command, *arguments, *self._options, **environment)

    @property
    def _options(self) -> tuple[str, ...]:
        return ("--state", str(self.state), "--alerts", str(self.alerts))

    def incidents(self, *arguments: str) -> list[dict[str, Any]]:
        return self("incidents", "--json", *arguments).lines

    def outgoing(self) -> list[Notice]:
        """What the next flush tells."""
        store = SqliteStore(memory_beside(self.state))
        routing = load_alerts(self.alerts).routing
        assert routing is not None
        return [notice for incident in Desk(store, routing).incidents() for notice in incident.outgoing]


@pytest.fixture
def shift(trailguard: Command, tmp_path: Path) -> Shift:
    return Shift(trailguard, tmp_path)


def test_an_incident_is_listed_with_the_reason_why_it_is_not_told_again(shift: Shift) -> None:
    shift.happens()
    (incident,) = shift.incidents()
    assert (incident["state"], incident["level"], incident["count"]) == ("open", "critical", 1)
    assert incident["now"] == "told"
    table = shift("incidents").out
    assert incident["id"] in table
    assert "critical" in table


def test_what_became_of_each_alert_is_listed(shift: Shift) -> None:
    shift.happens()
    shift("silence", "level=critical", "--for", "1h", "--reason", "a drill")
    shift.happens(2)
    first, second = shift("alerts", "--json").lines
    (pending,) = first["told"]
    assert pending.startswith("pending: on-call/webhook/1 ")
    assert second["told"] == ["to nobody: no channel, silenced or inhibited"]
    assert len(shift("alerts", "--json", "--last", "1").lines) == 1
    assert "pending: on-call/webhook/1" in shift("alerts").out


def test_acknowledging_is_told_in_the_channel_and_once(shift: Shift) -> None:
    shift.happens()
    (incident,) = shift.incidents()
    done = shift("ack", incident["id"], "--as", "Li Wei")
    assert (done.code, "acknowledged by Li Wei" in done.out) == (0, True)
    again = shift("ack", incident["id"], "--as", "Ann")
    assert "already acknowledged by Li Wei" in again.out
    (incident,) = shift.incidents()
    assert (incident["state"], incident["now"]) == ("acknowledged", "acknowledged by Li Wei")
    assert [notice.note for notice in shift.outgoing()] == ["Acknowledged by Li Wei"]


def test_the_author_is_the_user_unless_told_otherwise(shift: Shift) -> None:
    shift.happens()
    shift("ack", shift.incidents()[0]["id"], USER="ann")
    assert shift.incidents()[0]["acknowledged_by"] == "ann"


def test_a_silence_is_told_listed_holds_back_and_can_be_ended(shift: Shift) -> None:
    shift.happens()
    done = shift("silence", "actor=~mallory.*", "--for", "2h", "--reason", "a drill", "--as", "Ann")
    assert (done.code, "told to on-call" in done.out) == (0, True)
    (note,) = (notice.note for notice in shift.outgoing())
    assert note.startswith("Silenced by Ann until")
    assert note.endswith('(actor=~"mallory.*"): a drill')
    assert shift.incidents()[0]["state"] == "silenced"
    (silence,) = shift("silences", "--json").lines
    assert (silence["author"], silence["reason"]) == ("Ann", "a drill")
    shift.happens(2)
    assert shift.incidents()[0]["count"] == 1
    assert "ended" in shift("unsilence", silence["id"]).out
    assert shift("silences", "--json").lines == []
    assert [s["id"] for s in shift("silences", "--all", "--json").lines] == [silence["id"]]
    shift.happens(3)
    assert shift.incidents()[0]["count"] == 2


def test_hostile_names_are_shown_as_text(shift: Shift) -> None:
    shift.happens()
    hostile = "[red]x[/red]\x1b[2J\u202ey"
    shift("silence", "level=critical", "--for", "1h", "--reason", hostile, "--as", hostile)
    out = shift("silences").out
    assert "[red]" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_deployed_state_is_used_where_the_environment_names_it(trailguard: Command) -> None:
    keys = LocalSls.credentials
    with TablestoreServer(keys) as server:
        create_table(open_client(server.endpoint, INSTANCE, lambda: keys), "trailguard")
        cloud = {
            "TRAILGUARD_TABLESTORE_ENDPOINT": server.endpoint,
            "TRAILGUARD_TABLESTORE_INSTANCE": INSTANCE,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": keys.security_token,
        }
        made = trailguard("silence", "level=low", "--for", "1h", "--reason", "a drill", **cloud)
        assert made.code == 0, made.err
        assert len(trailguard("silences", "--json", **cloud).lines) == 1
        store = connect(server.endpoint, INSTANCE, "trailguard", lambda: keys)
        assert [key.split("/")[0] for key, _ in store.scan("", 10)] == ["silence"]
        server.stop()
        away = trailguard("silences", **cloud)
        assert (away.code, "Traceback" in away.err, bool(away.err)) == (2, False, True)
        server.start()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ack", "0123456789"], "no open incident '0123456789'"),
        (["unsilence", "abc"], "no silence 'abc' in force"),
        (["silence", "lvl=high", "--for", "1h", "--reason", "x"], "alerts have no label 'lvl'"),
        (["silence", "level=high", "--for", "1", "--reason", "x"], "'1' is not a span of time"),
        (["silence", "level=high", "--for", "60d", "--reason", "x"], "at most 30 days"),
        (["silence", "level=high", "--for", "1h", "--reason", " "], "needs a reason"),
        (["silence", "--for", "1h", "--reason", "x"], "MATCHER"),
    ],
)
def test_wrong_use_is_told_in_plain_words(shift: Shift, arguments: list[str], says: str) -> None:
    SqliteStore(memory_beside(shift.state)).load(["anything"])  # makes the file
    done = shift(*arguments)
    assert (done.code, says in done.err, "Traceback" in done.err) == (2, True, False)


def test_where_nothing_was_watched_yet_it_says_so(trailguard: Command) -> None:
    done = trailguard("incidents")
    assert (done.code, "has `trailguard watch` run here?" in done.err) == (2, True)


ROUTES = """
route:
  receiver: team
  group_by: [rule]
  routes:
  - matchers: ['level=~"critical|high"']
    receiver: on-call
    continue: true
    escalate: {after: 15m, to: boss}
  - {matchers: [source=billing], receiver: finance}
receivers:
- {name: team}
- name: on-call
  webhook_configs: [{url: '${HOOK}', secrets: ['${HOOK_SECRET}']}]
- {name: boss}
- {name: finance}
inhibit_rules:
- {name: root-first, source_matchers: [rule=root-sign-in], target_matchers: [level=low]}
"""


@pytest.fixture
def alerts(tmp_path: Path) -> str:
    folder = tmp_path / "alerts"
    (folder / "rules").mkdir(parents=True)
    (folder / "routes.yml").write_text(ROUTES)
    return str(folder)


def test_routes_show_prints_the_tree_with_its_options(trailguard: Command, alerts: str) -> None:
    lines = trailguard("routes", "show", "--alerts", alerts).out.splitlines()
    assert lines == [
        "every alert  →  receiver: team; group_by: rule",
        '  level=~"critical|high"  →  receiver: on-call; escalate: after 15m to boss; continue: yes',
        '  source="billing"  →  receiver: finance',
    ]


def test_routes_test_says_whom_an_alert_reaches_and_why(trailguard: Command, alerts: str) -> None:
    hook = {"HOOK": "https://hooks.example.com/x", "HOOK_SECRET": "whsec_" + "a" * 32}
    arguments = ("routes", "test", "level=high", "rule=root-sign-in", "--alerts", alerts)
    done = trailguard(*arguments, **hook)
    assert done.code == 0, done.err
    for words in (
        'route.routes[0]  level=~"critical|high"  takes it, and the next are asked too',
        "route.routes[1]  source=\"billing\"  no: source is ''",
        "→ on-call, by route.routes[0]",
        "one incident: rule=root-sign-in",
        "first at once, news at most every 5m, repeated after 4h, to boss, too, after 15m",
        "channels: on-call/webhook/1",
    ):
        assert words in done.out
    assert "team" not in done.out.split("→", 1)[1]
    off = trailguard(*arguments)
    assert (off.code, "off: on-call/webhook/1, as HOOK, HOOK_SECRET is not set" in off.out) == (1, True)


def test_routes_test_tells_of_two_ways_to_one_receiver(trailguard: Command, alerts: str) -> None:
    way = "  - {matchers: [source=billing], receiver: finance}\n"
    Path(alerts, "routes.yml").write_text(ROUTES.replace(way, way.replace("}", ", continue: true}") + way))
    out = trailguard("routes", "test", "source=billing", "level=low", "--alerts", alerts).out
    assert out.count("→ finance") == 2
    assert "the same as by route.routes[1]: told once, by the first not muted" in out


def test_a_broken_rule_keeps_nobody_from_answering(shift: Shift) -> None:
    shift.happens()
    (shift.alerts / "rules" / "broken.yml").write_text("title: [")
    (incident,) = shift.incidents()
    assert shift("ack", incident["id"], "--as", "Ann").code == 0
    assert shift("silence", "level=low", "--for", "1h", "--reason", "drill").code == 0
    for command in (("routes", "show"), ("runbook", "actiontrail-stopped-or-deleted")):
        assert shift.run(*command, "--alerts", str(shift.alerts)).code == 0


def test_routes_test_takes_the_alerts_that_replay_prints(
    trailguard: Command, alerts: str, tmp_path: Path
) -> None:
    file = tmp_path / "day.ndjson"
    file.write_text(json.dumps(event()))
    found = trailguard("replay", "--json", str(file))
    done = trailguard("routes", "test", "--json", "-", "--alerts", alerts, stdin=found.out)
    assert done.out.count("→ on-call, by route.routes[0]") == len(found.lines) > 0


def test_routes_test_names_the_inhibit_rules_that_may_hold_it_back(trailguard: Command, alerts: str) -> None:
    out = trailguard("routes", "test", "level=low", "--alerts", alerts).out
    assert "held back while an alert of inhibit rule root-first stands" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["test", "lvl=high"], "no label 'lvl'; did you mean 'level'?"),
        (["test", "level=hihg"], "did you mean 'high'?"),
        (["test", "level"], "no label 'level'"),
        (["test", "--json", "nowhere.json"], "nowhere.json"),
        (["test", "--json", "-"], "no alert"),
        (["shwo"], "invalid choice"),
    ],
)
def test_a_wrong_alert_is_told(trailguard: Command, alerts: str, arguments: list[str], says: str) -> None:
    done = trailguard("routes", *arguments, "--alerts", alerts, stdin="{}")
    assert (done.code, says in done.err, "Traceback" in done.err) == (2, True, False)


def test_check_notes_what_can_do_nothing_and_passes(trailguard: Command, alerts: str) -> None:
    Path(alerts, "routes.yml").write_text(
        ROUTES.replace("- {name: boss}", "- {name: boss}\n- {name: nobody}")
    )
    Path(alerts, "rules", RULE).symlink_to(HERE / "alerts" / "rules" / "actiontrail" / RULE)
    for name in ("lists", "runbooks"):
        Path(alerts, name).symlink_to(HERE / "alerts" / name)
    done = trailguard("check", "--alerts", alerts)
    assert "note: alerts/routes.yml:16: receiver 'nobody' is never used" in done.out
    assert done.code == 0


def test_runbook_shows_the_page_of_a_rule(trailguard: Command) -> None:
    done = trailguard("runbook", "actiontrail-stopped-or-deleted")
    assert (done.code, len(done.out) > 500) == (0, True)
    assert trailguard("runbook", "undeliverable").code == 0
    wrong = trailguard("runbook", "root-sign-inn")
    assert (wrong.code, "did you mean 'root-sign-in'?" in wrong.err) == (2, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(trailguard: Command, command: str) -> None:
    done = trailguard(command, "--help")
    assert (done.code, len(done.out) > 200) == (0, True)
