"""`trailguard audit` as a person uses it, against the local account."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.cloud.openapi import DENIED, LocalOpenApi
from tests.cloud.openapi.local import CREDENTIALS
from tests.cloud.openapi.oss import Buckets
from tests.cloud.openapi.products.ram import Ram, User

KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": CREDENTIALS.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": CREDENTIALS.access_key_secret,
    "ALIBABA_CLOUD_SECURITY_TOKEN": CREDENTIALS.security_token,
}
USERS = ("--only", "ram-users")


@pytest.fixture
def audit(trailguard, local_openapi: LocalOpenApi):
    def run(*arguments: str, **environment: str) -> Ran:
        return trailguard("audit", *arguments, **KEYS, **local_openapi.environment(), **environment)

    return run


@pytest.fixture
def ram(local_openapi: LocalOpenApi) -> Ram:
    return local_openapi.account[Ram]


def signed_in(ram: Ram, name: str, **settings: Any) -> User:
    """A user who has just signed in, so that nothing but what the test is about is found."""
    user = ram.user(name, console=True, **settings)
    user.signed_in = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    return user


def verdicts(ran: Ran) -> dict[str, dict[str, Any]]:
    return {line["rule"]: line for line in ran.lines}


def test_what_fails_is_told_with_its_resource_and_what_mends_it(audit, ram: Ram) -> None:
    signed_in(ram, "alice", mfa=True)
    signed_in(ram, "bob")
    ran = audit(*USERS)
    assert ran.code == 1, ran.err
    assert "FAIL [" in ran.out
    assert "(ram-user-without-mfa)" in ran.out
    assert "\n    bob\n" in ran.out
    assert "alice" not in ran.out
    assert "trailguard runbook ram-user-without-mfa" in ran.out


def test_where_all_is_well_it_passes(audit, ram: Ram) -> None:
    signed_in(ram, "alice", mfa=True)
    ran = audit(*USERS, "--json")
    verdict = verdicts(ran)["ram-user-without-mfa"]
    assert (verdict["status"], verdict["passed"], verdict["failed"]) == ("pass", 1, [])


def test_what_cannot_be_seen_is_unknown_and_never_passes(
    audit, ram: Ram, local_openapi: LocalOpenApi
) -> None:
    signed_in(ram, "alice", mfa=True)
    local_openapi.fail("GetUserMFAInfo", DENIED)
    ran = audit(*USERS, "--json")
    assert ran.code == 2
    verdict = verdicts(ran)["ram-user-without-mfa"]
    assert (verdict["status"], verdict["passed"]) == ("unknown", 0)
    assert "MFAInfo" in verdict["unknown"][0]["why"]


def test_a_field_that_the_account_does_not_tell_is_unknown(audit, local_openapi: LocalOpenApi) -> None:
    """Whether a public-read ACL lets anybody list is written nowhere."""
    local_openapi.account[Buckets].add("web", acl="public-read")
    local_openapi.account[Buckets].add("archive", acl="private")
    found = verdicts(audit("--only", "oss-exposure", "--json"))
    lists = found["oss-anybody-lists"]
    assert (lists["status"], lists["passed"]) == ("unknown", 1)
    (web,) = lists["unknown"]
    assert (web["resource"], web["why"]) == ("web", "anybody_can_list can't be told")
    assert found["oss-anybody-reads"]["status"] == "fail"
    assert found["oss-anybody-writes"]["status"] == "pass"


def test_the_next_audit_says_what_is_new_and_what_is_gone(audit, ram: Ram) -> None:
    signed_in(ram, "bob")
    assert "The first audit from here" in audit(*USERS).out
    ram.users["bob"].mfa = True
    signed_in(ram, "carol")
    second = audit(*USERS).out
    assert "carol new" in second
    assert "Since the last audit: 1 new, 1 gone." in second


def test_what_could_not_be_seen_this_time_is_not_gone(audit, ram: Ram, local_openapi: LocalOpenApi) -> None:
    signed_in(ram, "bob")
    audit(*USERS)
    local_openapi.fail("GetUserMFAInfo", DENIED)
    assert "0 new, 0 gone" in audit(*USERS).out
    local_openapi.mend()
    assert "0 new, 0 gone" in audit(*USERS).out


def test_an_audit_is_compared_with_the_last_one_of_the_same(
    audit, ram: Ram, local_openapi: LocalOpenApi
) -> None:
    signed_in(ram, "bob")
    audit(*USERS)
    assert "The first audit from here" in audit("--only", "ram-groups").out
    assert "The first audit from here" in audit(*USERS, "--only", "ecs-disks", "--region", "cn-beijing").out
    assert "0 new, 0 gone" in audit(*USERS).out
    local_openapi.account.id = "9999999999999999"
    assert "The first audit from here" in audit(*USERS).out


def test_files_that_cannot_be_written_are_named(audit, ram: Ram, tmp_path: Path) -> None:
    signed_in(ram, "alice", mfa=True)
    nowhere = tmp_path / "missing" / "audit.html"
    ran = audit(*USERS, "--html", str(nowhere))
    assert (ran.code, ran.err) == (2, f"not written: {nowhere}: No such file or directory\n")
    assert "all" in ran.out, "the report is shown all the same"
    file = tmp_path / "file"
    file.touch()
    ran = audit(*USERS, "--state", str(file / "audit.sqlite"))
    assert ran.code == 2
    assert ran.err.startswith(f"no folder for the state file {file}")


def test_the_page_holds_everything_and_trusts_nothing(audit, ram: Ram, tmp_path: Path) -> None:
    signed_in(ram, "<img src=x onerror=alert(1)>")
    file = tmp_path / "audit.html"
    assert audit(*USERS, "--html", str(file)).code == 1
    page = file.read_text()
    assert "&lt;img src=x" in page
    assert "<img" not in page
    assert "<script" not in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "1234567890123456" in page


def test_the_whole_account_can_be_looked_at(audit, ram: Ram) -> None:
    signed_in(ram, "bob")
    ran = audit("--json")
    assert {line["status"] for line in ran.lines} <= {"fail", "unknown", "pass", "none"}
    assert len({line["chapter"] for line in ran.lines}) > 3


def test_a_collector_that_does_not_exist_is_told_with_the_nearest(audit) -> None:
    ran = audit("--only", "ram-user")
    assert ran.code == 2
    assert "no collector 'ram-user'; did you mean 'ram-users'?" in ran.err


def test_without_keys_it_says_where_it_looked(trailguard, tmp_path: Path) -> None:
    nothing = dict.fromkeys(KEYS, "")
    ran = trailguard("audit", HOME=str(tmp_path), **nothing)
    assert ran.code == 2
    assert "no credentials" in ran.err


def test_keys_that_are_refused_end_it(audit, local_openapi: LocalOpenApi) -> None:
    local_openapi.fail("GetCallerIdentity", DENIED)
    ran = audit()
    assert ran.code == 2
    assert "no audit: " in ran.err


def test_it_prints_the_policy_that_it_needs(trailguard) -> None:
    policy = json.loads(trailguard("audit", "--permissions").out)
    (statement,) = policy["Statement"]
    assert {"ram:GetUserMFAInfo", "sts:GetCallerIdentity"} <= set(statement["Action"])
    read_only = ("Get", "List", "Describe", "Query", "Generate", "Lookup")
    assert [action for action in statement["Action"] if not action.split(":")[1].startswith(read_only)] == []
