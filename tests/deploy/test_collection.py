"""What hosts are told to collect: documents that the SDK takes, and records that our parsers read."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from aliyun.log.index_config import IndexConfig
from aliyun.log.logtail_pipeline_config_detail import LogtailPipelineConfigDetail
from aliyun.log.machine_group_detail import MachineGroupDetail

from deploy import collection
from shared.events import accounts, sshd, su, sudo
from shared.events.event import Event
from shared.events.host_reader import HostReader

CONFIGS = {config["configName"]: config for config in collection.configs("cn-hangzhou", "trailguard-hosts")}
GROUPS = {group["groupName"]: group for group in collection.machine_groups()}
RECEIVED = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
READ_BY = {
    "trailguard-auth-log": "sshd",
    "trailguard-secure": "sshd",
    "trailguard-journal": "sshd",
    "trailguard-nginx-error": "nginx",
    "trailguard-apache2-error": "apache",
    "trailguard-httpd-error": "apache",
    "trailguard-osquery": "osquery",
    "trailguard-collector": "osquery",
}


def record(config: dict[str, Any], topic: str = "", content: str = "") -> dict[str, str]:
    """What arrives in the logstore of the sample of a configuration: a file's line is `content`, and the
    journal's fields are fields. Tags: https://www.alibabacloud.com/help/en/sls/reserved-fields"""
    tags = {"__topic__": topic, "__source__": "10.0.0.7", "__tag__:__hostname__": "web-01"}
    (source,) = config["inputs"]
    if source["Type"] == "service_journal":
        return {**tags, **json.loads(content or config["logSample"])}
    (path,) = source["FilePaths"]
    place = {"__tag__:__path__": path.replace("*", ""), "__tag__:__inode__": "7", "__file_offset__": "4096"}
    return {**tags, **place, "content": content or config["logSample"]}


def read(config: dict[str, Any], **changes: str) -> Event:
    (event,) = HostReader().read_record(record(config, **changes), "p/hosts/0@c", RECEIVED)
    assert isinstance(event, Event), event
    return event


def test_there_is_one_for_each_log() -> None:
    assert set(CONFIGS) == set(READ_BY)


@pytest.mark.parametrize("name", READ_BY)
def test_what_arrives_is_read_by_its_parser(name: str) -> None:
    event = read(CONFIGS[name])
    assert event.source == READ_BY[name]
    assert event.fields["host"] == "web-01"
    assert event.fields.get("action") != "other"


@pytest.mark.parametrize("name", READ_BY)
def test_the_sdk_sends_what_it_is_given(name: str) -> None:
    config = CONFIGS[name]
    assert LogtailPipelineConfigDetail.from_json(config).to_json() == config


@pytest.mark.parametrize("name", READ_BY)
def test_a_pipeline_is_one_that_the_api_allows(name: str) -> None:
    config = CONFIGS[name]
    (source,), (flusher,) = config["inputs"], config["flushers"]
    assert len(source.get("FilePaths", ["one"])) == 1  # input_file takes one path
    assert flusher == {
        "Type": "flusher_sls",
        "Region": "cn-hangzhou",
        "Endpoint": "cn-hangzhou-intranet.log.aliyuncs.com",
        "Logstore": "trailguard-hosts",
        "TelemetryType": "logs",
    }


def test_hosts_elsewhere_are_told_another_endpoint() -> None:
    config = collection.configs("cn-hangzhou", "hosts", "cn-hangzhou.log.aliyuncs.com")[0]
    assert config["flushers"][0]["Endpoint"] == "cn-hangzhou.log.aliyuncs.com"


def test_the_journal_is_asked_for_every_program_that_has_a_parser() -> None:
    (source,) = CONFIGS["trailguard-journal"]["inputs"]
    known = frozenset().union(*(module.PROGRAMS for module in (sshd, sudo, su, accounts)))
    assert sorted(source["Identifiers"]) == sorted(known)


def test_a_message_of_nginx_that_goes_on_over_lines_is_one_event() -> None:
    first = CONFIGS["trailguard-nginx-error"]["logSample"]
    cut = first.index("forbidden")
    event = read(CONFIGS["trailguard-nginx-error"], content=f"{first[:cut]}\n{first[cut:]}")
    assert event.source == "nginx"
    assert event.fields["source_ip"] == "203.0.113.7"


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_those_who_bear_its_name(name: str) -> None:
    detail = MachineGroupDetail()
    detail.from_json(GROUPS[name])
    assert detail.to_json() == GROUPS[name]
    assert (detail.machine_type, detail.machine_list) == ("userdefined", [name])


def test_no_line_of_a_host_is_collected_twice() -> None:
    """The journal has all that auth.log and secure have."""
    for group in GROUPS:
        names = {config for config, applied_to in collection.applied() if applied_to == group}
        doubled = {"trailguard-auth-log", "trailguard-secure"}
        assert names in (set(READ_BY) - doubled, set(READ_BY) - {"trailguard-journal"})


def test_what_is_left_out_of_a_group_is_a_pipeline() -> None:
    left_out = {name for group in collection.groups().values() for name in group["without"]}
    assert {f"trailguard-{name}" for name in left_out} <= set(CONFIGS)


def test_the_index_is_one_that_the_sdk_takes() -> None:
    index = IndexConfig()
    index.from_json(collection.index())
    sent = index.to_json()
    assert sent["keys"] == collection.index()["keys"]
    assert {**sent["line"], **collection.index()["line"]} == sent["line"]


@pytest.mark.parametrize("name", ["trailguard-auth-log", "trailguard-journal", "trailguard-collector"])
def test_what_a_bastion_host_logs_says_so(name: str) -> None:
    """By the topic of its machine group, whatever the host is called."""
    topic = GROUPS["trailguard-bastion"]["groupAttribute"]["groupTopic"]
    assert read(CONFIGS[name], topic=topic).fields["role"] == "bastion"
    assert GROUPS["trailguard"]["groupAttribute"] == {}
    assert "role" not in read(CONFIGS[name]).fields
