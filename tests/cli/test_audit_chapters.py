"""`trailguard audit --json` on a whole account: a flaw in every chapter, then each of them mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.cli.auditing.chapters import CHAPTERS
from tests.cli.conftest import Command, Ran
from tests.cli.test_audit import KEYS
from tests.cloud.openapi import DENIED, Account, LocalOpenApi
from tests.cloud.openapi.oss import Buckets
from tests.cloud.openapi.products.actiontrail import Trails
from tests.cloud.openapi.products.bssopenapi import Billing
from tests.cloud.openapi.products.ecs import Ecs
from tests.cloud.openapi.products.kms import Kms
from tests.cloud.openapi.products.ram import Ram
from tests.cloud.openapi.products.rds import Rds
from tests.cloud.openapi.products.sas import Sas, SasHome
from tests.cloud.openapi.products.slb import Slb
from tests.cloud.openapi.products.slb_access_logs import AccessLogs
from tests.cloud.openapi.products.vpc import Vpcs

ROOT, KEY, MEMBERS, TRAIL, BUCKETS, PORTS, TLS, INSTANCES, DATABASES, BILLING, PROTECTION = CHAPTERS


@dataclass(frozen=True)
class Flaw:
    """One wrong value of one thing in the account, and every rule that says so."""

    thing: Callable[[Account], Any]
    name: str
    wrong: Any
    rules: tuple[str, ...]


FLAWS = {
    ROOT: Flaw(lambda has: has[Ram], "root_mfa", False, ("ram-root-without-mfa",)),
    KEY: Flaw(
        lambda has: has[Ram].users["ci"].keys[0],
        "created",
        "2020-01-02T03:04:05Z",
        ("ram-access-key-very-old",),
    ),
    MEMBERS: Flaw(
        lambda has: has[Ram].users["alice"],
        "policies",
        ("AdministratorAccess",),
        ("ram-user-admin-directly",),
    ),
    TRAIL: Flaw(
        lambda has: has[Trails].trails["everything"], "state", "Disable", ("trail-none-on", "trail-off")
    ),
    BUCKETS: Flaw(
        lambda has: has[Buckets], "block_public", False, ("oss-account-lets-public-in", "oss-anybody-reads")
    ),
    PORTS: Flaw(
        lambda has: has[Ecs].groups["sg-web"].rules[0],
        "PortRange",
        "22/22",
        ("ecs-open-group", "ecs-sensitive-port-open"),
    ),
    TLS: Flaw(
        lambda has: has[Slb].listeners[0]["HTTPSListenerConfig"],
        "TLSCipherPolicy",
        "tls_cipher_policy_1_0",
        ("tls-old-version",),
    ),
    INSTANCES: Flaw(
        lambda has: has[Ecs].instances["i-web"], "http_tokens", "optional", ("ecs-metadata-without-token",)
    ),
    DATABASES: Flaw(
        lambda has: has[Rds].instances["rm-1"],
        "whitelists",
        {"default": "0.0.0.0/0"},
        ("rds-whitelist-open-to-world",),
    ),
    BILLING: Flaw(lambda has: has[Billing], "balance", "5.00", ("billing-balance-low",)),
    PROTECTION: Flaw(lambda has: has[Sas].china, "offline", 1, ("sas-agents-offline",)),
}


def identities(has: Account, now: str) -> None:
    """A person, a program with a new key, and a role."""
    has[Ram].user("alice", console=True, mfa=True, signed_in=now)
    has[Ram].user("ci").key("LTAI5tExampleExample0003", created=now, used=now)
    has[Ram].role("deploy")


def logs(has: Account, now: str) -> None:
    """A trail that fills a bucket, and another bucket that only the account's switch keeps shut."""
    status = {"OssBucketStatus": True, "LatestDeliveryTime": now}
    has[Trails].add("everything", bucket="archive", status=status)
    has[Buckets].block_public = True
    for name, acl in (("archive", "private"), ("shop", "public-read")):
        kept = {"logging_to": "archive", "encryption": "AES256", "versioning": "Enabled"}
        has[Buckets].add(name, acl=acl, **kept)


def servers(has: Account, now: datetime) -> None:
    """A web server behind a balancer, its network, its database and its key."""
    has[Ecs].group("sg-web").lets("443/443")
    has[Ecs].instance("i-web", groups=("sg-web",), elastic="203.0.113.5", tags={"env": "production"})
    has[Ecs].disk("d-1", encrypted=True)
    has[Slb].balancer("lb-1")
    has[Slb].https("lb-1", "tls_cipher_policy_1_2")
    has[Slb].certificate("cert-1", now + timedelta(days=365))
    has[AccessLogs].kept["lb-1"] = ("logs", "balancers")
    has[Vpcs].vpc("vpc-1")
    has[Vpcs].flow_log("fl-1", "vpc-1")
    has[Rds].instance("rm-1")
    has[Kms].key("k-1")
    has[Sas].china = SasHome(version=3, servers=1)


@pytest.fixture
def account(local_openapi: LocalOpenApi) -> Account:
    """An account with something in each chapter, all of it in order."""
    now = datetime.now(timezone.utc)
    identities(local_openapi.account, f"{now:%Y-%m-%dT%H:%M:%SZ}")
    logs(local_openapi.account, f"{now:%Y-%m-%dT%H:%M:%SZ}")
    servers(local_openapi.account, now)
    return local_openapi.account


@pytest.fixture
def audit(trailguard: Command, local_openapi: LocalOpenApi) -> Callable[..., Ran]:
    return lambda *options: trailguard("audit", *options, **KEYS, **local_openapi.environment())


def exchange(account: Account, values: dict[str, Any]) -> dict[str, Any]:
    """Set the flaws' values, by chapter; returned is what stood there."""
    before = {}
    for chapter, value in values.items():
        flaw = FLAWS[chapter]
        thing = flaw.thing(account)
        held = thing if isinstance(thing, dict) else vars(thing)
        before[chapter], held[flaw.name] = held[flaw.name], value
    return before


def by_chapter(ran: Ran, status: str) -> dict[str, set[str]]:
    """The rules of each chapter that came out so; chapters without any are left out."""
    found: dict[str, set[str]] = {}
    for line in ran.lines:
        if line["status"] == status:
            found.setdefault(line["chapter"], set()).add(line["rule"])
    return found


def test_each_chapter_fails_by_its_flaw_and_passes_once_it_is_mended(
    audit: Callable[..., Ran], account: Account
) -> None:
    in_order = exchange(account, {chapter: flaw.wrong for chapter, flaw in FLAWS.items()})
    flawed = audit("--json")
    assert flawed.code == 2, flawed.err
    assert by_chapter(flawed, "fail") == {chapter: set(flaw.rules) for chapter, flaw in FLAWS.items()}
    assert by_chapter(flawed, "unknown") == {BUCKETS: {"oss-anybody-lists"}}, "public-read may let list"
    assert "trail-none-complete" not in by_chapter(flawed, "pass")[TRAIL], "no trail is on at all"
    assert all(line["failed"][0]["resource"] for line in flawed.lines if line["status"] == "fail")

    exchange(account, in_order)
    mended = audit("--json")
    assert mended.code == 0, mended.out
    assert by_chapter(mended, "fail") == by_chapter(mended, "unknown") == {}
    assert set(by_chapter(mended, "pass")) == set(CHAPTERS)


def test_an_account_that_refuses_everything_passes_in_nothing(
    audit: Callable[..., Ran], account: Account, local_openapi: LocalOpenApi
) -> None:
    """What had failed is not gone either: the next audit that sees it calls it neither new nor gone."""
    exchange(account, {chapter: flaw.wrong for chapter, flaw in FLAWS.items()})
    assert audit("--json").code == 2
    local_openapi.fail("*", DENIED, after=1)  # who asks is still told
    refused = audit("--json")
    assert refused.code == 2
    assert {line["status"] for line in refused.lines} == {"unknown"}
    assert {line["chapter"] for line in refused.lines} == set(CHAPTERS)
    local_openapi.mend()
    assert "Since the last audit: 0 new, 0 gone." in audit().out
