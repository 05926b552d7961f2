"""A line of OSS's own log files: what it stores in a bucket each hour, where logging to a bucket is on.

"Logging", https://www.alibabacloud.com/help/en/oss/configure-logging: columns parted by blanks, and OSS adds
more at the end as time goes by. The names are those that Log Service gives the same values ("Log fields",
https://www.alibabacloud.com/help/en/sls/user-guide/log-fields-13).
"""

from __future__ import annotations

import re

_COLUMN = re.compile(r'\[([^\]]{0,60})\]|"((?:[^"\\]|\\.)*)"|([^\s"]\S*)')
"""A time, a text, a word. No opening sends the search to the end of a line again and again."""

NAMES = (
    "client_ip _ _ time request http_status response_body_length response_time referer user_agent host"
    " request_id logging_flag requester_id operation bucket object object_size server_cost_time error_code"
    " request_length owner_id delta_data_size sync_request bucket_storage_type target_storage_class"
    " acc_access_region access_id bucket_arn"
).split()

FEWEST = NAMES.index("owner_id") + 1
"""Columns that a line of any age has."""

_REQUEST_ID = re.compile(r"[0-9A-F]{24}")
_OPENING = re.compile(
    r"[0-9A-Fa-f.:*-]{1,45} \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \""
)


def is_line(text: str) -> bool:
    """Whether a text begins as such a line does, and goes on: a web server's access log ends sooner."""
    return _OPENING.match(text) is not None and len(_columns(text[:20_000])) >= FEWEST


def read_line(text: str) -> dict[str, str]:
    """The fields of one line; columns that are not known yet are left out. Raises ValueError.

    The user agent is the client's, and one with a quotation mark could pass for other columns: a line whose
    request id is none is refused.
    """
    columns = _columns(text)
    if len(columns) < FEWEST:
        raise ValueError(f"not a line of OSS's log: {len(columns)} columns, of at least {FEWEST}")
    fields = dict(zip(NAMES, columns, strict=False))
    if not _REQUEST_ID.fullmatch(fields["request_id"]):
        raise ValueError("not a line of OSS's log: no request id in its column; a quotation mark before it?")
    method, _, rest = fields.pop("request").partition(" ")
    del fields["_"]
    return {**fields, "http_method": method, "request_uri": rest.rpartition(" ")[0] or rest}


def _columns(text: str) -> list[str]:
    return ["".join(found) for found in _COLUMN.findall(text)]
