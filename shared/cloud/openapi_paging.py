"""How Alibaba Cloud's list APIs page: by marker, by token or by page number, each with words of its own.

The word that says how many a page may hold tells which: MaxItems (RAM, IMS), MaxResults ("Pagination" in the
API design guide: NextToken), PageSize (PageNumber and TotalCount), and some products' own spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

MAX_PAGES = 1000
MAX_SIZE = 10**6
TOTALS = ("TotalCount", "TotalRecordCount")
SHELLS = ("PageInfo", "Data")  # Security Center and billing wrap the numbers


class Paging(Protocol):
    """One way of paging."""

    def first(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the call for the first page needs beside the caller's parameters."""
        ...

    def next(self, sent: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What to change in `sent` for the page after `answer`; None after the last. Raises ValueError when
        the answer does not say."""
        ...


@dataclass(frozen=True)
class ByMarker:
    """IsTruncated says whether there is more, Marker from where."""

    def first(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Paging."""
        return {}

    def next(self, sent: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See Paging."""
        truncated = str(answer.get("IsTruncated")).lower()
        if truncated not in ("true", "false"):
            raise ValueError("the answer has no IsTruncated")
        if truncated == "false":
            return None
        if not answer.get("Marker"):
            raise ValueError("there is more, but no Marker")
        return {"Marker": answer["Marker"]}


@dataclass(frozen=True)
class ByToken:
    """A token leads to the next page; the last page has none, or an empty one."""

    token: str

    def first(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Paging."""
        return {}

    def next(self, sent: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See Paging."""
        token = answer.get(self.token)
        if token is not None and not isinstance(token, str):
            raise ValueError(f"{self.token} is not a text")
        return {self.token: token} if token else None


@dataclass(frozen=True)
class ByNumber:
    """Pages are numbered from 1; there are as many as it takes to hold TotalCount items."""

    size: str
    number: str

    def first(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """See Paging."""
        return {self.number: int(parameters.get(self.number, 1))}

    def next(self, sent: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See Paging."""
        total = total_of(answer)
        if total is None:
            raise ValueError(f"the answer has no {TOTALS[0]}")
        # A service that caps the size says so in its answer; what was asked for would end too early.
        size = min(_whole(sent[self.size]), _whole(_numbers(answer).get(self.size)) or MAX_SIZE)
        return None if sent[self.number] * size >= total else {self.number: sent[self.number] + 1}


PAGINGS: dict[str, Paging] = {
    "MaxItems": ByMarker(),
    "MaxResults": ByToken("NextToken"),
    "limit": ByToken("nextToken"),  # Function Compute
    "PageSize": ByNumber("PageSize", "PageNumber"),
    "ShowSize": ByNumber("ShowSize", "CurrentPage"),  # certificates
}
"""By the parameter that says how many a page may hold."""

NUMBERS = ("PageNum", "CurrentPage")
"""Other words for PageNumber: billing's and Security Center's. Give the first page's to choose one."""


def paging_of(parameters: Mapping[str, Any]) -> Paging:
    """How a call with these parameters pages. Raises ValueError when they give no page size."""
    size = next((name for name in PAGINGS if name in parameters), None)
    if size is None:
        raise ValueError(f"give the size of a page, as one of {', '.join(PAGINGS)}")
    number = next((name for name in NUMBERS if name in parameters), None)
    return ByNumber(size, number) if size == "PageSize" and number else PAGINGS[size]


def total_of(answer: Mapping[str, Any]) -> int | None:
    """How many items all pages have together, where the answer tells. Raises ValueError for nonsense."""
    numbers = _numbers(answer)
    return next((_whole(numbers[name]) for name in TOTALS if name in numbers), None)


def _numbers(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((answer[shell] for shell in SHELLS if isinstance(answer.get(shell), Mapping)), answer)


def _whole(value: object) -> int:
    """A count, which some products write as text; 0 for none at all. Raises ValueError."""
    if value is None:
        return 0
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(f"{value!r} is not a count")
    return int(str(value))
