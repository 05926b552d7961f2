"""The Tablestore SDK, set up for a function that may not wait: short timeouts, few retries, fresh keys.

The release is 6.2.1 on purpose. Import time: median of 7 `python -S -X importtime -c "import tablestore"`,
CPython 3.10, .pyc compiled; size: `du` of the SDK with what it needs, no .pyc; both without numpy:
  5.4.4   214 ms   8 MB  wants protobuf 3.19, which the Log Service SDK refuses; its keys can't change
  6.2.1   234 ms   5 MB  asks for the keys at every request
  6.4.8   451 ms  30 MB  adds aiohttp, and a native library that it doesn't find on Python 3.10
numpy is asked for by flatbuffers only, for time series tables: all that is used here works without.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from tablestore import (
    CapacityUnit,
    OTSClient,
    OTSServiceError,
    ReservedThroughput,
    TableMeta,
    TableOptions,
)
from tablestore.credentials import Credentials as SdkCredentials
from urllib3 import Timeout

from shared.cloud.credentials import Credentials

# The SDK's own are 50 s a request and 20 retries. urllib3 tries to connect up to four times.
TIMEOUT = Timeout(connect=1.0, read=3.0)
PAUSES = (0.1, 0.2)  # seconds before each retry

READS = frozenset({"GetRow", "BatchGetRow", "GetRange"})
# help.aliyun.com, Tablestore, "Error codes": those to be retried. Of the first nothing was carried out;
# of the second it may have been, so a write is not repeated: it would lose against itself.
REFUSED = frozenset(
    {
        "OTSNotEnoughCapacityUnit",
        "OTSPartitionUnavailable",
        "OTSRowOperationConflict",
        "OTSServerBusy",
        "OTSTableNotReady",
    }
)
UNCERTAIN = frozenset({"OTSInternalServerError", "OTSServerUnavailable", "OTSTimeout"})

LOGGER = "tablestore-client"
DAY = 86_400  # seconds


class BriefRetries:
    """The SDK's retry policy: a few quick ones, for what is safe to repeat."""

    def should_retry(self, retries: int, error: OTSServiceError, api: str) -> bool:
        """Whether to send the request again, after so many retries."""
        passing = REFUSED | UNCERTAIN if api in READS else REFUSED
        return retries < len(PAUSES) and error.code in passing

    def get_retry_delay(self, retries: int, error: OTSServiceError, api: str) -> float:
        """Seconds to wait first."""
        return PAUSES[retries]


class FreshCredentials:
    """The SDK's credentials provider: asks at every request, as a function's keys live for hours only."""

    def __init__(self, current: Callable[[], Credentials]) -> None:
        self._current = current

    def get_credentials(self) -> SdkCredentials:
        """The keys of this moment, as the SDK wants them: no token is None, not empty."""
        keys = self._current()
        return SdkCredentials(keys.access_key_id, keys.access_key_secret, keys.security_token or None)


def open_client(endpoint: str, instance: str, credentials: Callable[[], Credentials]) -> OTSClient:
    """The SDK's client; nothing is sent yet. Raises OTSClientError if `endpoint` is no http(s) URL.

    `endpoint` is the instance's: https://<instance>.<region>.ots.aliyuncs.com, on Function Compute
    https://<instance>.<region>-internal.ots.aliyuncs.com.
    """
    # Its debug lines hold the security token, and are put together even when nobody reads them.
    logging.getLogger(LOGGER).setLevel(logging.CRITICAL)
    return OTSClient(
        endpoint,
        instance_name=instance,
        credentials_provider=FreshCredentials(credentials),
        socket_timeout=TIMEOUT,
        retry_policy=BriefRetries(),
        logger_name=LOGGER,
    )


def create_table(client: OTSClient, table: str, days: int = 400) -> None:
    """Make the table of a TablestoreStore; raises the SDK's errors (OTSObjectAlreadyExist is one).

    Tablestore itself deletes what nobody wrote for so many `days`: that is how expired rows end, and
    also a key without expiry. Let it be longer than the longest window, cool-down or baseline.
    """
    client.create_table(
        TableMeta(table, [("key", "STRING")]),
        TableOptions(time_to_live=days * DAY, max_version=1),
        ReservedThroughput(CapacityUnit(0, 0)),
    )
