"""The Log Service SDK, tamed: one attempt a call, errors as SlsError, nothing secret in them.

Imports the SDK, so only shared/cloud/sls.py imports this, at the moment of the first call.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from aliyun.log import LogClient, LogException, PullLogResponse
from aliyun.log.proto import LogGroupRaw
from lz4.block import LZ4BlockError  # type: ignore[import-untyped]

from shared.cloud.credentials import Credentials
from shared.cloud.sls import Log, Record, ShardRange, SlsError

SOURCE = "trailguard"  # must be given: without it the SDK opens a UDP socket to find the host's address
PAGE_GROUPS = 1000  # log groups in one page: the most that PullLogs gives
MESSAGE_LENGTH = 300  # characters; the SDK puts whole response bodies into its messages

# alibabacloud.com/help/en/sls, "Error codes" and "Expansion of resources"; LogRequestError is the SDK's own,
# for no usable answer at all.
TEMPORARY_CODES = frozenset(
    {
        "ReadQuotaExceed",
        "ShardReadQuotaExceed",
        "WriteQuotaExceed",
        "ShardWriteQuotaExceed",
        "ServerBusy",
        "InternalServerError",
        "RequestTimeout",
        "LogRequestError",
    }
)

# What the SDK lets out for a body or a header that lies: lz4, deflate, protobuf, missing header, absurd size.
DECODING_ERRORS = (LZ4BlockError, zlib.error, LogException, ValueError, OverflowError, MemoryError)


class SlsClient(LogClient):
    """One endpoint with one set of credentials. Every method raises SlsError and nothing else."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        """`endpoint` with or without its scheme; without one the SDK speaks http."""
        key = (credentials.access_key_id, credentials.access_key_secret, credentials.security_token)
        super().__init__(endpoint, *key, source=SOURCE)
        # The longest first: one of them may hold another.
        self._secrets = sorted(filter(None, key), key=len, reverse=True)

    def set_timeout(self, seconds: float) -> None:
        """How long one attempt may wait for the next byte."""
        self._timeout = seconds

    def page(self, shard_range: ShardRange, cursor: str) -> tuple[list[Record], str]:
        """The records from `cursor` on, and the cursor that follows them."""
        place = (shard_range.project, shard_range.logstore, shard_range.shard)
        origin = "{}/{}/{}@{}".format(*place, cursor)
        try:
            response = self.pull_logs(*place, cursor, PAGE_GROUPS, shard_range.end)
            return _records(response, origin), str(response.get_next_cursor())
        except DECODING_ERRORS as error:
            # They quote the data or the headers, so only their kind is told.
            raise SlsError("BadResponse", f"{origin}: unreadable page ({type(error).__name__})") from None

    def write(self, project: str, logstore: str, topic: str, records: Iterable[Log]) -> None:
        """One PutLogs request, lz4-compressed."""
        self.put_log_raw(project, logstore, _log_group(topic, records))

    def _sendRequest(self, *request: Any) -> Any:  # noqa: N802
        """One attempt. The SDK retries every LogException of a 5xx ten times, a second apart, whatever the
        deadline; an SlsError it lets through."""
        try:
            return super()._sendRequest(*request)  # type: ignore[misc]
        except LogException as error:
            raise self._translated(error) from None

    def _translated(self, error: LogException) -> SlsError:
        code = error.get_error_code()
        temporary = code in TEMPORARY_CODES or error.get_resp_status() >= 500
        return SlsError(
            self._without_secrets(code), self._without_secrets(error.get_error_message()), temporary
        )

    def _without_secrets(self, text: str) -> str:
        # SignatureNotMatch quotes the string that was signed, security token included.
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:MESSAGE_LENGTH]


def _records(response: PullLogResponse, origin: str) -> list[Record]:
    groups = response.get_loggroup_list().LogGroups
    if len(groups) != response.get_loggroup_count():
        raise SlsError("BadResponse", f"{origin}: {len(groups)} log groups, x-log-count says otherwise")
    return [record for group in groups for record in _group_records(group, origin)]


def _group_records(group: Any, origin: str) -> Iterable[Record]:
    tags = {tag.Key: _text(tag.Value) for tag in group.LogTags}
    for log in group.Logs:
        contents = {content.Key: _text(content.Value) for content in log.Contents}
        yield Record(log.Time, group.Topic, group.Source, contents, tags, origin)


def _text(value: str | bytes) -> str:
    """The SDK hands over bytes, for the whole page, as soon as one value in it is not UTF-8."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _log_group(topic: str, records: Iterable[Log]) -> LogGroupRaw:
    # Built here, not through LogItem, which gives every log the nanoseconds of now and takes time 0 for now.
    group = LogGroupRaw(Topic=topic, Source=SOURCE)
    for seconds, contents in records:
        log = group.Logs.add(Time=seconds)
        for name, value in contents.items():
            log.Contents.add(Key=name, Value=value.encode(errors="replace"))
    return group
