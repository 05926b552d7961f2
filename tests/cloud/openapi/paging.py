"""The three ways in which the APIs page, for answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.cloud.openapi.product import Call, Refusal


def by_marker(call: Call, items: Sequence[Any], shell: str, name: str, default: int = 100) -> dict[str, Any]:
    """`{shell: {name: [...]}, IsTruncated, Marker}`, as RAM and IMS answer; MaxItems is the size."""
    start, end = _slice(call, "MaxItems", "Marker", default)
    more = end < len(items)
    answer: dict[str, Any] = {shell: {name: list(items[start:end])}, "IsTruncated": more}
    return {**answer, "Marker": _token(end)} if more else answer


def by_token(call: Call, items: Sequence[Any], name: str, default: int = 20) -> dict[str, Any]:
    """`{name: [...], NextToken, MaxResults, TotalCount}`; the token is absent from the last page."""
    start, end = _slice(call, "MaxResults", "NextToken", default)
    answer = {name: list(items[start:end]), "MaxResults": end - start, "TotalCount": len(items)}
    return {**answer, "NextToken": _token(end)} if end < len(items) else answer


def by_number(call: Call, items: Sequence[Any], shell: str, name: str, default: int = 10) -> dict[str, Any]:
    """`{shell: {name: [...]}, TotalCount, PageNumber, PageSize}`."""
    size = _size(call, "PageSize", default)
    number = int(call.parameters.get("PageNumber", 1))
    page = list(items[(number - 1) * size : number * size])
    return {shell: {name: page}, "TotalCount": len(items), "PageNumber": number, "PageSize": size}


def _slice(call: Call, size: str, token: str, default: int) -> tuple[int, int]:
    given = call.parameters.get(token, "")
    if given and not given.startswith("token-"):
        raise Refusal(400, f"InvalidParameter.{token}", f"The {token} is not one that was given out.")
    start = int(given.removeprefix("token-") or 0)
    return start, start + _size(call, size, default)


def _token(position: int) -> str:
    return f"token-{position}"


def _size(call: Call, name: str, default: int) -> int:
    return max(1, min(int(call.parameters.get(name, default)), call.page_size))
