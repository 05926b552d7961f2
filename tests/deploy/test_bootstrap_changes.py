"""What somebody has changed since: that is planned, told with what it was, and set right; nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.bootstrap.roles import trust
from tests.cloud.openapi.products.ram import Ram
from tests.deploy.bootstrap_account import PROJECT, Account


@pytest.fixture
def built(account: Account) -> Account:
    account.built()
    return account


def document(account: Account, collection: str, name: str) -> dict[str, Any]:
    return account.sls.document(PROJECT, collection, name)


def test_what_was_changed_is_planned_with_what_it_was_and_set_right(built: Account) -> None:
    document(built, "logstores", "trailguard-hosts")["ttl"] = 30
    document(built, "logstores", "trailguard-alerts")["autoSplit"] = True
    built.sls.retain(PROJECT, "actiontrail_trailguard", 90)
    alerts = document(built, "index", "trailguard-alerts")["keys"]
    del alerts["level"]
    alerts["rule"] = {"type": "long", "doc_value": True}
    alerts["actor"]["doc_value"] = False
    del document(built, "index", "trailguard-deferred")["line"]
    del document(built, "index", "trailguard-hosts")["keys"]["__tag__:__path__"]
    trail = built.trails["trailguard"]
    trail.events, trail.state = "Write", "Disable"
    table = built.tables.tables.by_name["trailguard"]
    table.time_to_live, table.versions = 7 * 86_400, 3
    detector = built.ram.custom["trailguard-detector"]["Statement"]
    detector.append({"Effect": "Allow", "Action": "log:*", "Resource": "*"})
    detector[1]["Resource"].pop()
    notifier = built.ram.roles["trailguard-notifier"]
    notifier.trust, notifier.policies = trust("ecs.aliyuncs.com"), ("AdministratorAccess",)
    document(built, "dashboards", "trailguard-alerts")["charts"][0]["search"]["query"] = "*"
    document(built, "savedsearches", "trailguard-severe-alerts")["searchQuery"] = "level: high"
    document(built, "pipelineconfigs", "trailguard-auth-log")["inputs"][0]["FilePaths"] = ["/var/log/other"]
    document(built, "machinegroups", "trailguard-bastion")["groupAttribute"] = {}
    document(built, "applied", "trailguard")["configs"].remove("trailguard-nginx-error")

    planned = built.plan()

    queries = {
        "change dashboard trailguard-alerts": 'charts[0].search.query: "*" → "__topic__: ',
        "change saved search trailguard-severe-alerts": 'searchQuery: "level: high" → "__topic__: ',
    }
    for key, begin in queries.items():
        assert [line[: len(begin)] for line in planned.pop(key)] == [begin]
    assert planned == {
        "change trail trailguard": ["events Write → All", "Disable → Enable"],
        "change trail's logstore actiontrail_trailguard": ["retention 90 → 365 days"],
        "change logstore trailguard-alerts": ["automatic splitting on → off"],
        "change index trailguard-alerts": [
            "rule: long → text",
            "level: not indexed → text",
            "actor: statistics off → on",
        ],
        "change logstore trailguard-hosts": ["retention 30 → 365 days"],
        "change index trailguard-hosts": ["__tag__:__path__: not indexed → text"],
        "change index trailguard-deferred": ["full text: off → on"],
        "change Tablestore table trailguard": ["time to live 7 → 400 days", "versions 3 → 1"],
        "change policy trailguard-detector": [
            "+ log:PostLogStoreLogs on acs:log:cn-hangzhou:1234567890123456:project/trailguard"
            "/logstore/trailguard-functions",
            "- log:* on *",
        ],
        "change role trailguard-notifier": [
            "trusts ecs.aliyuncs.com → fc.aliyuncs.com",
            "policy trailguard-notifier not attached → attached",
            "policy System/AdministratorAccess attached → detached",
        ],
        "change machine group trailguard-bastion": ['groupAttribute.groupTopic: nothing → "bastion"'],
        "change pipeline trailguard-auth-log": [
            'inputs[0].FilePaths[0]: "/var/log/other" → "/var/log/auth.log"'
        ],
        "change pipelines of machine group trailguard": ["+ trailguard-nginx-error"],
    }
    built.built()
    assert built.plan() == {}


def test_a_policy_can_be_set_right_any_number_of_times(built: Account) -> None:
    """RAM keeps five versions of a policy."""
    for _ in range(6):
        built.ram.custom["trailguard-detector"]["Statement"].pop()
        built.built()
    assert built.run("--destroy", "--yes")[0] == 0
    assert "trailguard-detector" not in built.openapi.account[Ram].custom


def test_more_than_is_wanted_stays(built: Account) -> None:
    document(built, "logstores", "trailguard-hosts")["ttl"] = 3650
    built.tables.tables.by_name["trailguard"].time_to_live = -1
    document(built, "index", "trailguard-alerts")["keys"]["our_own"] = {"type": "text", "token": []}
    document(built, "applied", "trailguard")["configs"].append("our-own")
    assert built.plan() == {}


def test_setting_one_thing_right_leaves_the_rest_as_others_have_it(built: Account) -> None:
    built.tables.tables.by_name["trailguard"].time_to_live = -1
    built.tables.tables.by_name["trailguard"].versions = 2
    index = document(built, "index", "trailguard-alerts")
    index["keys"]["our_own"] = {"type": "long", "doc_value": True}
    index["max_text_len"] = 16384
    del index["keys"]["level"]
    logstore = document(built, "logstores", "trailguard-alerts")
    logstore.update(autoSplit=True, ttl=3650, appendMeta=True)
    built.trails["trailguard"].bucket, built.trails["trailguard"].events = "archive", "Read"

    built.built()

    assert built.tables.tables.by_name["trailguard"].time_to_live == -1
    index = document(built, "index", "trailguard-alerts")
    assert (index["keys"]["our_own"]["type"], index["max_text_len"]) == ("long", 16384)
    assert index["keys"]["level"]["type"] == "text"
    logstore = document(built, "logstores", "trailguard-alerts")
    assert (logstore["ttl"], logstore["appendMeta"], logstore["autoSplit"]) == (3650, True, False)
    assert (built.trails["trailguard"].bucket, built.trails["trailguard"].events) == ("archive", "All")
