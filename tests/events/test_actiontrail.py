"""One record of a trail, read as an Event and retold for people."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.events.actiontrail import ACTIONTRAIL, read_event, subject_of
from shared.events.event import Event
from shared.events.event_time import parse_time

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
BASE: dict[str, Any] = {"eventName": "StopLogging", "eventId": "e-1", "eventTime": "2026-02-11T08:15:30Z"}


def read(**fields: Any) -> Event:
    return read_event({**BASE, **fields}, "file:1", RECEIVED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-02-11T08:15:30Z", "2026-02-11T08:15:30+00:00"),
        ("2026-02-11t08:15:30z", "2026-02-11T08:15:30+00:00"),
        ("2026-02-11T16:15:30+08:00", "2026-02-11T08:15:30+00:00"),
        ("2026-02-11 08:15:30", "2026-02-11T08:15:30+00:00"),
        ("2026-02-11T08:15:30.5Z", "2026-02-11T08:15:30.500000+00:00"),
        ("2026-02-11T08:15:30.123456789Z", "2026-02-11T08:15:30.123456+00:00"),
        (1770797730, "2026-02-11T08:15:30+00:00"),
        ("1770797730", "2026-02-11T08:15:30+00:00"),
        (1770797730.0, "2026-02-11T08:15:30+00:00"),
        (1770797730500, "2026-02-11T08:15:30.500000+00:00"),
    ],
)
def test_times_are_read_in_every_documented_spelling(value: Any, expected: str) -> None:
    time = parse_time(value)
    assert time is not None
    assert time.isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        0,
        5,
        -1,
        True,
        [],
        {},
        [1770797730],
        float("nan"),
        float("inf"),
        10**400,
        "²",
        "2026-02-31T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "2026-02-11",
        "2026-02-11T08:15",
        "20260211",
        "2026-W07-3",
        "2026-02-11T25:00:00Z",
        "２０２６-02-11T08:15:30Z",
    ],
)
def test_an_event_whose_time_makes_no_sense_happened_when_it_was_received(value: Any) -> None:
    assert parse_time(value) is None
    assert read(eventTime=value).time == RECEIVED


def test_an_event_without_a_time_happened_when_it_was_received() -> None:
    assert read_event({"eventName": "X"}, "file:1", RECEIVED).time == RECEIVED


@pytest.mark.parametrize("name", [None, "", [], {}])
def test_what_has_no_event_name_is_no_event(name: Any) -> None:
    if name in ([], {}):
        assert read(eventName=name).fields["eventName"] == name  # odd, and judged all the same
        return
    with pytest.raises(ValueError, match="it has no eventName"):
        read(eventName=name)


def test_an_insight_event_has_no_name() -> None:
    record = {"insightDetails": {"insightType": "IpInsight"}, "eventId": "e-2"}
    assert read_event(record, "file:1", RECEIVED).id == "e-2"


def test_the_account_is_the_callers() -> None:
    event = read(userIdentity={"type": "ram-user", "accountId": 11}, recipientAccountId="22")
    assert event.account_id == "11"


@pytest.mark.parametrize(
    "identity", [{"type": "system"}, {"type": "system", "accountId": ""}, None, "x", 5, []]
)
def test_a_caller_without_an_account_acts_in_the_receiving_one(identity: Any) -> None:
    assert read(userIdentity=identity, recipientAccountId="22").account_id == "22"


def test_an_event_without_an_id_takes_its_requests() -> None:
    assert read(eventId=None, requestId="r-1").id == "r-1"
    assert read(eventId="", requestId="r-1").id == "r-1"


def test_an_event_without_any_id_has_one_of_its_content_whatever_the_order_of_its_keys() -> None:
    one = read_event({"eventName": "X", "acsRegion": "a", "vpcId": "b"}, "file:1", RECEIVED)
    same = read_event({"vpcId": "b", "acsRegion": "a", "eventName": "X"}, "file:2", RECEIVED)
    other = read_event({"eventName": "X", "acsRegion": "a", "vpcId": "c"}, "file:1", RECEIVED)
    assert one.id == same.id != other.id


def test_parameters_that_come_only_as_text_are_opened() -> None:
    event = read(requestParameterJson='{"Name": "audit"}')
    assert event.fields["requestParameters"] == {"Name": "audit"}


def test_parameters_given_as_an_object_come_before_their_text() -> None:
    event = read(requestParameters={"Name": "a"}, requestParameterJson='{"Name": "b"}')
    assert event.fields["requestParameters"] == {"Name": "a"}


@pytest.mark.parametrize("text", ["", "null", "{", "[1", "plain", 5, None, True])
def test_parameter_text_that_is_no_json_is_kept_as_it_is(text: Any) -> None:
    assert read(requestParameterJson=text).fields["requestParameterJson"] == text


def test_flat_names_and_objects_may_be_mixed_in_any_order() -> None:
    expected = {"type": "ram-user", "userName": "bob"}
    for record in (
        {"userIdentity.type": "ram-user", "userIdentity": {"userName": "bob"}},
        {"userIdentity": {"userName": "bob"}, "userIdentity.type": "ram-user"},
        {"userIdentity": '{"userName": "bob"}', "userIdentity.type": "ram-user"},
    ):
        assert read(**record).fields["userIdentity"] == expected


@pytest.mark.parametrize("odd", [None, "", "x", 5, []])
def test_a_flat_name_is_kept_beside_an_object_that_is_none(odd: Any) -> None:
    event = read(**{"userIdentity": odd, "userIdentity.type": "root-account"})
    assert event.fields["userIdentity"] == {"type": "root-account"}


def test_reading_leaves_the_record_as_it_was() -> None:
    record = {
        **BASE,
        "userIdentity": {"type": "x"},
        "userIdentity.userName": "bob",
        "requestParameterJson": "{}",
    }
    before = copy.deepcopy(record)
    read_event(record, "file:1", RECEIVED)
    assert record == before


def test_an_event_is_retold_for_people() -> None:
    subject = subject_of(
        read(
            serviceName="Kms",
            sourceIpAddress="203.0.113.9",
            acsRegion="cn-hangzhou",
            userIdentity={"type": "ram-user", "userName": "bob", "accessKeyId": "LTAI5tEXAMPLE"},
            referencedResources={"ACS::KMS::Key": ["k-1", "k-2"], "Policy": "p"},
        )
    )
    assert subject.actor == "bob (ram-user) key LTAI5tEXAMPLE"
    assert subject.action == "Kms:StopLogging"
    assert subject.resource == "Key k-1, Key k-2, Policy p"


@pytest.mark.parametrize(
    ("fields", "resource"),
    [
        ({"resourceName": "i-1,i-2"}, "i-1,i-2"),
        (
            {"requestParameters": {"KeyId": "k-1", "RegionId": "cn-x", "PolicyName": "p"}},
            "KeyId k-1, PolicyName p",
        ),
        ({"requestParameters": ["KeyId"]}, ""),
        ({"referencedResources": "x"}, ""),
        ({}, ""),
    ],
)
def test_a_resource_is_named_by_what_the_event_has(fields: dict[str, Any], resource: str) -> None:
    assert subject_of(read(**fields)).resource == resource


@pytest.mark.parametrize(
    ("identity", "actor"),
    [
        ({"type": "system"}, "(system)"),
        ({"type": "assumed-role", "principalId": "3:deploy"}, "3:deploy (assumed-role)"),
        (None, ""),
        ("root", "root"),
        ([], ""),
    ],
)
def test_an_actor_is_named_by_what_the_event_has(identity: Any, actor: str) -> None:
    assert subject_of(read(userIdentity=identity)).actor == actor


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("evntName", "actiontrail events have no field 'evntName'; did you mean 'eventName'?"),
        ("userIdentity.typ", "'userIdentity.typ'; did you mean 'userIdentity.type'?"),
        ("facts.openPorts", "'facts.openPorts'; did you mean 'facts.openedPorts'?"),
        ("eventName.x", "no field 'eventName.x'"),
        ("", "no field ''"),
    ],
)
def test_a_field_that_no_event_has_is_told_with_the_nearest_one(path: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        ACTIONTRAIL.check_field(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "requestParameters.Permissions.1.SourceCidrIp",
        "userIdentity.sessionContext.attributes.x",
        "facts.opened",
    ],
)
def test_fields_that_hold_anything_may_be_named_to_any_depth(path: str) -> None:
    ACTIONTRAIL.check_field(path)
