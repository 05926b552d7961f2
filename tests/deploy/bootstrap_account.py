"""An account in the local cloud, for `trailguard bootstrap`: Log Service, OpenAPI and Tablestore together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from deploy.bootstrap.apply import apply
from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.plan import Verb
from deploy.bootstrap.session import Session
from deploy.vars import Names, read_names
from shared.cli.main import main
from tests.cloud.openapi import LocalOpenApi
from tests.cloud.openapi.products.actiontrail import Trail, Trails
from tests.cloud.openapi.products.ots import Tablestore
from tests.cloud.openapi.products.ram import Ram
from tests.cloud.openapi.products.trail_changes import Delivery
from tests.cloud.sls import LocalSls
from tests.cloud.tablestore import TablestoreServer

PROJECT = "trailguard"
STOPPED = {
    "eventId": "event-1",
    "eventName": "StopLogging",
    "serviceName": "Actiontrail",
    "eventTime": "2026-11-20T03:04:05Z",
    "eventVersion": "1",
    "acsRegion": "cn-shanghai",
    "sourceIpAddress": "203.0.113.9",
    "userIdentity": {"type": "ram-user", "userName": "mallory", "accountId": "1234567890123456"},
    "requestParameters": {"Name": "audit"},
}
"""A record of ActionTrail: somebody stops the trail."""
LOGIN = "Nov 23 11:18:06 web-01 sshd[158]: Accepted password for root from 203.0.113.7 port 38001 ssh2"
REQUEST = {
    "time": "23/Nov/2026:19:40:00",
    "access_id": "-",
    "requester_id": "-",
    "sign_type": "NotSign",
    "owner_id": "1234567890123456",
    "bucket": "reports",
    "bucket_location": "oss-cn-hangzhou",
    "object": "2026/salaries.csv",
    "operation": "GetObject",
    "http_status": "200",
    "error_code": "-",
    "request_id": "5FDC8B6A4E4B2C3D4E5F6A7B",
    "client_ip": "198.51.100.66",
    "sync_request": "-",
}
"""A line of auth.log: root logs in. A record of OSS: anybody reads an object."""
READS = ("Get", "List", "Describe")


@dataclass
class Account:
    """What `trailguard bootstrap` works on. `environment` is its own and may be changed."""

    sls: LocalSls
    openapi: LocalOpenApi
    tables: TablestoreServer
    environment: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *options: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one run."""
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        self.capsys.readouterr()
        code = main(["bootstrap", *options])
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def plan(self, *options: str) -> dict[str, list[str]]:
        """What --dry-run plans to do, without what is kept: `kind name` → details."""
        code, out, err = self.run("--dry-run", "--json", *options)
        assert code in (0, 1), err
        steps = [step for step in json.loads(out)["plan"] if step["action"] != Verb.KEEP.value]
        return {f"{s['action']} {s['kind']} {s['name']}": s["details"] for s in steps}

    def built(self, *options: str) -> None:
        """Bootstrap, and insist that it worked."""
        code, out, err = self.run("--yes", *options)
        assert code == 0, out + err

    def empty(self) -> None:
        """Lose everything, and what was called."""
        self.sls.empty()
        self.trails.clear()
        self.ram.custom.clear()
        self.ram.roles.clear()
        self.instances.instances.clear()
        self.tables.tables.by_name.clear()

    def other(self, environment: dict[str, str]) -> Account:
        """The same account, called from another environment."""
        return replace(self, environment=environment)

    def calls(self) -> list[str]:
        """Every call so far, of all three services."""
        return [
            *self.sls.calls,
            *(call.partition(".")[2] for call in self.openapi.calls),
            *self.tables.requests,
        ]

    def writes(self) -> list[str]:
        """Those that are no reads."""
        return [call for call in self.calls() if not call.startswith(READS)]

    def names(self) -> Names:
        return read_names(self.environment)

    def cloud(self) -> Cloud:
        """The account as bootstrap speaks with it, but for short pauses."""
        keys, endpoints = self.sls.credentials, self.openapi.endpoints
        cloud = Cloud.connect(self.names(), keys, endpoints, self.tables.endpoint)
        return replace(cloud, open_api=self.openapi.client())

    def apply(self) -> None:
        """Plan and apply, without the command around it."""
        session = Session.open(self.cloud())
        apply(session.plan(), session.cloud)

    @property
    def trails(self) -> dict[str, Trail]:
        return self.openapi.account[Trails].trails

    def has_trail(self, name: str, project: str, **settings: Any) -> Trail:
        """A trail that delivers all there is to a project, unless `settings` say otherwise."""
        arn = f"acs:log:cn-hangzhou:1234567890123456:project/{project}"
        return self.openapi.account[Trails].add(name, **{"project_arn": arn, **settings})

    @property
    def ram(self) -> Ram:
        return self.openapi.account[Ram]

    @property
    def instances(self) -> Tablestore:
        return self.openapi.account[Tablestore]


@pytest.fixture
def account(
    local_sls: LocalSls,
    local_openapi: LocalOpenApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> Iterator[Account]:
    """An account that has nothing yet. ActionTrail makes its logstores at once."""
    keys = local_sls.credentials
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": keys.security_token,
        "TRAILGUARD_TABLESTORE": "local",
        "HOME": str(tmp_path),
        **local_openapi.environment(),
    }
    monkeypatch.delenv("ALIBABA_CLOUD_PROFILE", raising=False)
    with TablestoreServer(keys) as tables:
        tables.arn = "acs:ots:cn-hangzhou:1234567890123456:instance/local"
        environment["TRAILGUARD_TABLESTORE_ENDPOINT"] = tables.endpoint
        local_openapi.account[Delivery].begin = lambda project, logstore: local_sls.create(project, logstore)
        yield Account(local_sls, local_openapi, tables, environment, capsys, monkeypatch)
