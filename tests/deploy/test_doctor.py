"""`trailguard doctor` on an account in the local cloud, as a person runs it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from shared.state.store import Write
from shared.version import NOBODY_KNOWS, Version
from tests.cloud.openapi import DENIED, Fault
from tests.deploy.bootstrap_account import PROJECT
from tests.deploy.doctor_account import Patient, ill

HOUR = timedelta(hours=1)


def test_where_all_is_well_every_link_is_ok_and_the_exit_code_is_zero(patient: Patient) -> None:
    code, found = patient.examine()
    assert {link: each for link, each in found.items() if each["status"] != "ok"} == {}
    assert code == 0
    assert len(found) > 40


def test_what_bootstrap_makes_is_what_doctor_wants(patient: Patient) -> None:
    patient.account.empty()

    patient.account.built()
    code, found = patient.examine("--only", "role", "--only", "trail", "--only", "state store")
    assert ill(found) == {"trail's events": "broken"}  # nothing has come yet
    assert code == 1


def test_a_service_that_answers_something_else_is_unknown_and_not_broken(patient: Patient) -> None:
    patient.account.openapi.fail("DescribeTrails", Fault("InvalidParameter"))
    code, found = patient.examine("--only", "trail", "--only", "keys")
    assert (code, found["trail"]["status"], found["trail"]["permission"]) == (2, "unknown", "")
    assert "InvalidParameter" in found["trail"]["what"]


def test_keys_of_another_account_end_it(patient: Patient) -> None:
    patient.account.openapi.account.id = "2222222222222222"
    code, found = patient.examine()
    assert (code, ill(found)) == (1, {"keys": "broken"})
    assert found["trail"]["waits_for"] == "keys"


def test_a_clock_so_wrong_that_every_call_is_refused_is_named(patient: Patient) -> None:
    patient.account.sls.set_clock(ahead=1200)
    patient.account.openapi.fail("*", Fault("InvalidTimeStamp.Expired"))
    _, found = patient.examine()
    assert ill(found) == {"keys": "unknown", "clocks": "broken"}
    assert "behind Log Service" in found["clocks"]["what"]


def test_no_secret_is_ever_shown(patient: Patient) -> None:
    patient.function("notify").shown["environmentVariables"] |= {
        "TRAILGUARD_LINK_KEYS": "a-secret-place",
        "DINGTALK_TOKEN": "another-token-999",
    }
    for options in ((), ("--json",)):
        _, out, _ = patient.run(*options)
        for secret in ("a-secret-place", "another-token-999", patient.robot.token, patient.robot.secret):
            assert secret not in out


def test_what_is_set_there_alone_is_no_drift_and_is_told(patient: Patient) -> None:
    """Whoever runs doctor need not have the tokens that another machine has deployed with."""
    for name in ("DINGTALK_TOKEN", "DINGTALK_SECRET"):
        del patient.account.environment[name]
        patient.account.monkeypatch.delenv(name, raising=False)
    code, found = patient.examine()
    assert code == 0
    assert "DINGTALK_SECRET, DINGTALK_TOKEN" in found["settings notify"]["what"]


def test_a_test_message_goes_to_every_channel_marked_as_a_drill(patient: Patient) -> None:
    assert patient.examine("--send-test")[0] == 0
    (text,) = patient.robot.texts()
    assert "DRILL" in text
    patient.robot.answer_with(310000, "sign not match")
    code, found = patient.examine("--send-test")
    assert (code, found["channels"]["status"]) == (1, "broken")
    assert "on-call/dingtalk/1 did not take the test" in found["channels"]["what"]


def test_without_send_test_nobody_is_told_anything(patient: Patient) -> None:
    patient.examine()
    assert patient.robot.requests == []


def test_it_changes_nothing_but_its_own_key_in_the_store(patient: Patient) -> None:
    before = len(patient.account.writes())
    patient.examine()
    assert set(patient.account.writes()[before:]) <= {"BatchGetRow", "BatchWriteRow"}
    written = [key for key, _ in patient.store.scan("probe/")]
    assert written == ["probe/state-store"]


def test_only_some_links_may_be_asked_for(patient: Patient) -> None:
    patient.account.trails["trailguard"].state = "Disable"
    _, found = patient.examine("--only", "trail", "--only", "outbox")
    assert list(found) == ["trail", "trail's events", "outbox"]
    code, _, err = patient.run("--only", "outbux")
    assert (code, "did you mean 'outbox'?" in err) == (2, True)


def test_people_get_a_table_that_ends_with_what_is_broken(patient: Patient) -> None:
    patient.function("actiontrail").configure("trail", enable=False)
    patient.account.openapi.fail("GetRole", DENIED)
    code, out, _ = patient.run()
    assert code == 1
    assert "if you did not do it yourself, treat it as an intrusion" in " ".join(out.split())
    assert "broken: trigger actiontrail/trail" in out.replace("\n", " ")
    assert out.rstrip().endswith("missing permissions: ram:GetRole")
    told = json.loads(patient.run("--json")[1])
    assert told["missing_permissions"] == ["ram:GetRole"]


def test_functions_that_nobody_has_called_since_the_deploy_are_not_taken_for_others(patient: Patient) -> None:
    patient.beat(ago=HOUR, **{"trailguard-notify": Version("other", "other")})
    patient.function("notify").shown["lastModifiedTime"] = datetime.now(timezone.utc).isoformat()
    patient.beat(**{"trailguard-notify": NOBODY_KNOWS})
    _, found = patient.examine("--only", "versions")
    assert found["versions"]["status"] == "unknown"


def test_a_log_that_was_read_long_ago_is_not_taken_for_unread(patient: Patient) -> None:
    """Beats are forgotten after a week, records stay for a year."""
    patient.account.sls.receive(PROJECT, "trailguard-hosts", datetime.now(timezone.utc) - timedelta(days=8))
    store = patient.store
    store.save(Write(key, None, each.version) for key, each in store.scan("beat/trailguard/trailguard-hosts"))
    assert patient.examine()[0] == 0
    patient.account.sls.receive(PROJECT, "trailguard-hosts", datetime.now(timezone.utc) - timedelta(days=6))
    _, found = patient.examine()
    assert ill(found) == {"progress host-logs/hosts": "broken"}


def test_without_keys_it_says_so(patient: Patient) -> None:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        patient.account.environment[name] = ""
    code, out, err = patient.run()
    assert (code, out) == (2, "")
    assert "no credentials" in err
