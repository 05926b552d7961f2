"""What a Log Service trigger hands over, as the help page "Create a custom function" shows it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cloud.sls import ShardRange

PAYLOAD: dict[str, Any] = {
    "parameter": {},
    "source": {
        "endpoint": "http://cn-shanghai-intranet.log.aliyuncs.com",
        "projectName": "trail",
        "logstoreName": "actiontrail_main",
        "shardId": 0,
        "beginCursor": "MTUyOTQ4NjQyNDY3",
        "endCursor": "MTUyOTQ4NjQyNDY4",
    },
    "jobName": "1f7043ced683de1a4e3d8d70b5a412843d817a39",
    "taskId": "c2691505-38da-4d1b-998a-f1d4bb8c9994",
    "cursorTime": 1529486425,
}


def test_a_trigger_names_its_range() -> None:
    assert ShardRange.from_trigger(PAYLOAD) == ShardRange(
        endpoint="http://cn-shanghai-intranet.log.aliyuncs.com",
        project="trail",
        logstore="actiontrail_main",
        shard=0,
        begin="MTUyOTQ4NjQyNDY3",
        end="MTUyOTQ4NjQyNDY4",
    )


@pytest.mark.parametrize("key", PAYLOAD["source"])
@pytest.mark.parametrize("value", [None, "", []])
def test_a_trigger_without_a_key_is_told_which(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"source\.{key}"):
        ShardRange.from_trigger({**PAYLOAD, "source": {**PAYLOAD["source"], key: value}})


@pytest.mark.parametrize(
    "payload", [{}, {"source": None}, {"source": "sls"}, {"triggerTime": "2023-12-26T07:49:00Z"}]
)
def test_another_kind_of_payload_is_told_apart(payload: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no source: is this a Log Service trigger"):
        ShardRange.from_trigger(payload)
