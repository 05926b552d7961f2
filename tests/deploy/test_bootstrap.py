"""`trailguard bootstrap` on an account in the local cloud: plan, apply, and again."""

from __future__ import annotations

import json

import pytest

from tests.cloud.openapi.products.ots import Tablestore
from tests.cloud.sls import LocalSls
from tests.deploy.bootstrap_account import PROJECT, Account

ALERTS, HOSTS = "trailguard-alerts", "trailguard-hosts"


def test_an_empty_account_is_planned_built_and_then_as_it_should_be(account: Account) -> None:
    planned = account.plan()
    assert {key.split()[0] for key in planned} == {"create"}
    account.built()
    assert account.plan() == {}
    before = len(account.writes())
    code, out, _ = account.run()
    assert (code, len(account.writes())) == (0, before)
    assert "all is as it should be" in out


def test_a_dry_run_calls_nothing_that_writes_and_says_by_its_exit_code_that_there_is_work(
    account: Account,
) -> None:
    assert account.run("--dry-run")[0] == 1
    assert account.calls() != []
    assert account.writes() == []
    account.built()
    assert account.run("--dry-run")[0] == 0


def test_without_anybody_to_ask_nothing_is_done(account: Account) -> None:
    code, _, err = account.run()
    assert (code, account.writes()) == (1, [])
    assert "--yes" in err


def test_the_trail_is_on_and_tells_everything(account: Account) -> None:
    account.built()
    trail = account.trails["trailguard"].described()
    told = {
        key: trail[key] for key in ("Status", "EventRW", "TrailRegion", "SlsProjectArn", "SlsWriteRoleArn")
    }
    assert told == {
        "Status": "Enable",
        "EventRW": "All",
        "TrailRegion": "All",
        "SlsProjectArn": "acs:log:cn-hangzhou:1234567890123456:project/trailguard",
        "SlsWriteRoleArn": "acs:ram::1234567890123456:role/aliyunserviceroleforactiontrail",
    }


def test_every_logstore_keeps_a_year_and_alerts_stay_in_one_order(account: Account) -> None:
    account.built()
    logstores = account.sls.names(PROJECT, "logstores")
    assert {account.sls.document(PROJECT, "logstores", name)["ttl"] for name in logstores} == {365}
    alerts = account.sls.document(PROJECT, "logstores", ALERTS)
    assert (alerts["shardCount"], alerts["autoSplit"]) == (1, False)
    assert account.sls.names(PROJECT, "index") == sorted({*logstores} - {"actiontrail_trailguard"})


def test_json_tells_the_plan_and_what_was_done(account: Account) -> None:
    code, out, _ = account.run("--yes", "--json")
    told = json.loads(out)
    assert code == 0
    assert all(step["done"] for step in told["plan"])
    assert (told["account"], told["region"]) == ("1234567890123456", "cn-hangzhou")
    again = json.loads(account.run("--json")[1])["plan"]
    assert {(step["action"], step["done"]) for step in again} == {("keep", False)}


def test_names_of_the_environment_hold(account: Account) -> None:
    account.environment["TRAILGUARD_PROJECT"] = "own"
    account.environment["TRAILGUARD_TRAIL_PROJECT"] = "central"
    account.built()
    assert account.trails["trailguard"].project_arn.endswith(":project/central")
    assert "actiontrail_trailguard" not in account.sls.names("own", "logstores")
    assert account.sls.document("central", "logstores", "actiontrail_trailguard")["ttl"] == 365
    reads = account.ram.custom["trailguard-detector"]["Statement"][0]["Resource"]
    assert reads[0].endswith(":project/central/logstore/actiontrail_trailguard")


def test_the_account_of_the_keys_serves_where_none_is_named_and_is_told(account: Account) -> None:
    account.openapi.account.id = "2222222222222222"
    code, out, _ = account.run("--yes")
    assert code == 0
    assert "export TRAILGUARD_ACCOUNT=2222222222222222" in out
    assert ":2222222222222222:" in account.trails["trailguard"].project_arn


def test_keys_of_another_account_than_the_one_named_do_nothing(account: Account) -> None:
    account.environment["TRAILGUARD_ACCOUNT"] = "3333333333333333"
    code, _, err = account.run("--yes")
    assert (code, account.writes()) == (2, [])
    assert "keys are of account 1234567890123456, but TRAILGUARD_ACCOUNT is 3333333333333333" in err


def test_no_keys_are_told(account: Account) -> None:
    account.environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] = ""
    code, _, err = account.run("--dry-run")
    assert (code, account.calls()) == (2, [])
    assert "aliyun configure" in err


def test_a_trail_that_delivers_everything_is_used_and_no_second_one_is_made(account: Account) -> None:
    account.has_trail("audit-2019", "old-logs")
    account.sls.create("old-logs", "actiontrail_audit-2019")
    code, out, _ = account.run("--yes")
    assert code == 0
    assert list(account.trails) == ["audit-2019"]
    assert "trail audit-2019 delivers all events already" in out
    exported = "TRAILGUARD_TRAIL_PROJECT=old-logs TRAILGUARD_TRAIL_LOGSTORE=actiontrail_audit-2019"
    assert exported in out
    assert account.sls.document("old-logs", "logstores", "actiontrail_audit-2019")["ttl"] == 365
    reads = account.ram.custom["trailguard-detector"]["Statement"][0]["Resource"]
    assert reads[0].endswith(":project/old-logs/logstore/actiontrail_audit-2019")
    account.environment.update(pair.split("=") for pair in exported.split())
    assert account.plan() == {}


def test_a_trail_of_its_own_is_made_for_who_names_one(account: Account) -> None:
    account.has_trail("audit-2019", "old-logs")
    account.environment["TRAILGUARD_TRAIL_LOGSTORE"] = "actiontrail_watched"
    account.built()
    assert set(account.trails) == {"audit-2019", "watched"}


@pytest.mark.parametrize(
    "shortcoming",
    [
        {"events": "Write"},
        {"state": "Disable"},
        {"regions": "cn-hangzhou"},
        {"project_arn": ""},
        {"project_arn": "acs:log:cn-hangzhou:9999999999999999:project/central"},
        {"project_arn": "acs:log:cn-beijing:1234567890123456:project/central"},
    ],
    ids=["reads are missing", "off", "one region", "to OSS alone", "to another account", "far away"],
)
def test_another_trail_that_does_not_tell_everything_is_left_alone(
    account: Account, shortcoming: dict[str, str]
) -> None:
    other = account.has_trail("billing", "elsewhere", **shortcoming)
    before = other.described()
    account.built()
    assert set(account.trails) == {"billing", "trailguard"}
    assert other.described() == before


def test_a_trail_of_our_name_that_serves_somebody_else_is_told_and_left_alone(account: Account) -> None:
    account.has_trail("trailguard", "elsewhere", events="Write")
    code, out, _ = account.run("--yes")
    assert code == 1
    assert "set TRAILGUARD_TRAIL_PROJECT=elsewhere" in out
    assert account.trails["trailguard"].events == "Write"


def test_what_others_have_made_under_our_names_is_told_and_left_alone_unless_adopted(
    account: Account,
) -> None:
    account.ram.role("trailguard-notifier", policies=("AdministratorAccess",))
    account.ram.policy("trailguard-detector", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    code, out, _ = account.run("--yes")
    assert code == 1
    assert "! foreign role trailguard-notifier" in out
    assert account.ram.roles["trailguard-notifier"].policies == ("AdministratorAccess",)
    assert account.ram.custom["trailguard-detector"]["Statement"][0]["Action"] == "*"
    account.built("--adopt", "trailguard-notifier", "trailguard-detector")
    assert account.ram.roles["trailguard-notifier"].policies == ("trailguard-notifier",)
    assert account.plan() == {}


def test_a_name_to_adopt_that_is_not_wanted_is_told_with_the_nearest(account: Account) -> None:
    code, _, err = account.run("--yes", "--adopt", "trailguard-detectr")
    assert (code, account.writes()) == (2, [])
    assert "--adopt trailguard-detectr" in err and "did you mean 'trailguard-detector'?" in err


def test_a_table_of_something_else_is_left_alone(account: Account) -> None:
    account.openapi.account[Tablestore].instance("local")
    account.cloud().tables._client.create_table(*_table_of_something_else())
    code, out, _ = account.run("--yes")
    assert code == 1
    assert "! foreign Tablestore table trailguard" in out


def _table_of_something_else(name: str = "trailguard") -> tuple[object, ...]:
    from tablestore import CapacityUnit, ReservedThroughput, TableMeta, TableOptions

    meta = TableMeta(name, [("id", "INTEGER")])
    return meta, TableOptions(max_version=3), ReservedThroughput(CapacityUnit(0, 0))


def test_a_project_name_that_another_account_has_is_told_with_what_to_do(account: Account) -> None:
    account.sls.take_name(PROJECT)
    code, _, err = account.run("--yes")
    assert (code, account.writes()) == (2, [])
    assert "project trailguard" in err
    assert "set TRAILGUARD_PROJECT and TRAILGUARD_TRAIL_PROJECT, as to trailguard-1234567890123456" in err


@pytest.mark.parametrize(
    ("name", "told"), [("trailguard-ots", "holds 'ots'"), ("1st", "a letter first"), ("x" * 17, "3 to 16")]
)
def test_an_instance_name_that_tablestore_forbids_is_told_before_it_is_tried(
    account: Account, name: str, told: str
) -> None:
    account.environment["TRAILGUARD_TABLESTORE"] = name
    code, _, err = account.run("--yes")
    assert code == 2
    assert told in err
    assert "CreateInstance" not in account.writes()


def test_oss_access_logs_are_collected_where_asked(account: Account) -> None:
    account.built("--oss", "prod-data", "backups")
    policy = account.sls.document("", "collectionpolicy", "trailguard-oss-access")
    assert policy["policyConfig"] == {"resourceMode": "instanceMode", "instanceIds": ["backups", "prod-data"]}
    assert (policy["productCode"], policy["dataCode"], policy["enabled"]) == ("oss", "access_log", True)
    assert policy["centralizeConfig"]["destLogstore"] == account.names().oss_access_logstore
    assert account.plan("--oss", "prod-data", "backups") == {}
    assert list(account.plan("--oss", "all")) == ["change OSS access logs trailguard-oss-access"]


def test_alerts_in_two_shards_are_for_a_person_to_merge(account: Account) -> None:
    account.sls.create(PROJECT, ALERTS, shards=2)
    code, out, _ = account.run("--yes")
    assert code == 1
    assert "> by hand logstore trailguard-alerts" in out
    assert account.sls.shards(PROJECT, ALERTS) == 2


@pytest.fixture
def built(account: Account) -> Account:
    """Everything is there, and what is logged, too."""
    account.built("--oss", "all")
    for logstore in (ALERTS, "actiontrail_trailguard"):
        account.sls.append(PROJECT, logstore, [(1, {"a": "b"})])
    return account


def logs(sls: LocalSls) -> list[str]:
    return [name for name in (ALERTS, "actiontrail_trailguard") if sls.records(PROJECT, name)]


def test_destroy_removes_all_but_the_logs_and_the_trail(built: Account) -> None:
    code, out, _ = built.run("--destroy", "--yes")
    assert code == 0
    assert [name for name in built.ram.roles if name.startswith("trailguard")] == []
    assert [name for name in built.ram.custom if name.startswith("trailguard")] == []
    for collection in ("dashboards", "savedsearches", "machinegroups", "pipelineconfigs"):
        assert built.sls.names(PROJECT, collection) == []
    assert built.tables.tables.by_name == {}
    assert built.trails["trailguard"].state == "Enable"
    assert logs(built.sls) == [ALERTS, "actiontrail_trailguard"]
    assert built.sls.names(PROJECT, "logstores")
    assert "goes on recording" in out
    assert built.plan("--destroy") == {}


def test_logs_are_destroyed_only_if_said_twice_and_the_audit_trail_never(built: Account) -> None:
    assert built.run("--destroy", "--and-logs", "trailgard", "--yes")[0] == 2
    assert built.run("--and-logs", PROJECT, "--yes")[0] == 2
    assert logs(built.sls) == [ALERTS, "actiontrail_trailguard"]
    assert built.run("--destroy", "--and-logs", PROJECT, "--yes")[0] == 0
    assert built.sls.names(PROJECT, "logstores") == ["actiontrail_trailguard"]
    assert built.sls.records(PROJECT, "actiontrail_trailguard") != []


def test_a_project_of_ours_goes_when_nothing_of_others_is_in_it(account: Account) -> None:
    account.environment["TRAILGUARD_TRAIL_PROJECT"] = "central"
    account.built()
    assert account.run("--destroy", "--and-logs", PROJECT, "--yes")[0] == 0
    assert account.plan("--destroy") == {}
    assert account.sls.names(PROJECT, "project") == []
    assert account.sls.names("central", "logstores") == ["actiontrail_trailguard"]


def test_destroy_leaves_what_others_have_made(account: Account) -> None:
    account.sls.create(PROJECT, "web-shop")
    account.ram.role("trailguard-notifier")
    account.run("--yes")
    account.cloud().tables._client.create_table(*_table_of_something_else("web-shop"))
    account.run("--destroy", "--and-logs", PROJECT, "--yes")
    assert "trailguard-notifier" in account.ram.roles
    assert list(account.instances.instances) == ["local"]
    assert list(account.tables.tables.by_name) == ["web-shop"]
    assert "web-shop" in {*account.cloud().log.call("list_logstore", PROJECT)["logstores"]}


def test_what_was_destroyed_can_be_built_again(built: Account) -> None:
    built.run("--destroy", "--yes")
    built.built("--oss", "all")
    assert built.plan("--oss", "all") == {}
    assert logs(built.sls) == [ALERTS, "actiontrail_trailguard"]
