"""JSON from anywhere: one value, a file of many, compressed or not, whole or torn."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Unreadable:
    """Something that is no event, with the reason in plain words. `value` is all of it."""

    reason: str
    value: Any


@dataclass(frozen=True)
class Piece:
    """One value of a file, not decoded yet, and the line it starts on."""

    text: str
    line: int


DEEPEST = 100
"""Levels of nesting that are looked at. Real events have less than ten; far more would exhaust the stack."""

MOST_TEARS = 1000
"""Values of one file that may be torn, each at the cost of a new start; what follows is left as one piece."""

_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_DIGITS = 4000
_decoder = msgspec.json.Decoder()
_BETWEEN = re.compile(r"[\s,\[\]]*")
_OPENS = re.compile(r"\n[ \t]*(?=\{)")
_NO_UTF8 = re.compile(r"(?<!\\)((?:\\\\)*)\\x[89a-f][0-9a-f]")


def decode(text: str | bytes) -> Any:
    """The JSON value in `text`. Raises ValueError that says what is wrong and where.

    What the standard forbids, and yet says clearly what happened, is read: half a surrogate pair and bytes
    that are not UTF-8 (shown as `?` and `�`), control characters in a text, NaN and numbers without bounds.
    What stands deeper than DEEPEST levels is cut off.
    """
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        value = _decode_leniently(text, str(error).removeprefix("JSON is malformed: "))
    if _brackets(text) > DEEPEST:
        _cut(value)
    return value


def unpacked(data: bytes) -> tuple[bytes, str]:
    """The bytes of a file, gzip taken off; and why the end of a gzip file is missing, or nothing.

    Raises ValueError for a torn gzip file in which nothing can be read.
    """
    if not data.startswith(_GZIP):
        return data, ""
    try:
        return gzip.decompress(data), ""
    except (OSError, EOFError, zlib.error) as error:
        reason = str(error)
    if readable := b"".join(_members(data)):
        return readable, f"the gzip file can't be read to its end: {reason}"
    raise ValueError(f"not a readable gzip file: {reason}")


def text_in(data: bytes) -> str:
    r"""The text of a file, its byte order mark taken off; bytes that are not UTF-8 show as `\xNN`."""
    encoding = "utf-16" if data[:2] in _UTF_16 else "utf-8-sig"
    return data.decode(encoding, errors="backslashreplace")


def pieces(text: str) -> Iterator[Piece]:
    """The values of a file, one at a time: lines, an array or page taken apart, or values in a row.

    A value that is torn or wrong comes out like the others, for whoever decodes it to complain; what
    follows on later lines is still found.
    """
    stripped = text.lstrip()
    first_line = stripped.split("\n", 1)[0]
    if "\n" in stripped.rstrip() and _is_json(first_line):
        yield from _lines(text)
    elif stripped:
        yield from _values(text)


def _decode_leniently(text: str | bytes, reason: str) -> Any:
    """The value in `text`, fit to be stored and sent. Raises ValueError(reason) if there is none."""
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else _mended(text)
    whole = whole.removeprefix("\ufeff")
    try:
        value = json.loads(whole, strict=False, parse_int=_number)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise ValueError(reason) from None


def _mended(text: str) -> str:
    r"""`text` without the `\xNN` of bytes that are not UTF-8, see text_in: JSON knows no such escape."""
    return _NO_UTF8.sub("\\1\ufffd", text) if "\\x" in text else text


def _number(digits: str) -> int | str:
    """A whole number; as text where it is longer than Python takes."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _brackets(text: str | bytes) -> int:
    """How many arrays and objects `text` opens, at most."""
    return text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")


def _cut(value: Any) -> None:
    """Empty the arrays and objects that stand DEEPEST levels deep, where there are any."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        if not level:
            return
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
    for node in level:
        node.clear()


def _children(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _members(data: bytes) -> Iterator[bytes]:
    """What can be read of a damaged gzip file, member by member; one with a wrong checksum is not trusted."""
    while data.startswith(_GZIP):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            yield member.decompress(data)
        except zlib.error:
            return
        data = member.unused_data


def _is_json(text: str) -> bool:
    try:
        decode(text)
    except ValueError:
        return False
    return True


def _lines(text: str) -> Iterator[Piece]:
    """A value a line; from the first line on that a value is spread from, values in a row."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.rstrip().endswith(("{", "[")):
            yield from _values("\n".join(lines[number - 1 :]), number)
            return
        if line.strip():
            yield Piece(line.strip(), number)


def _values(text: str, line: int = 1) -> Iterator[Piece]:
    """Values in a row, pretty-printed or not; the elements of an array one by one.

    An array that is open at the end comes out as its bracket, which is no JSON.
    """
    text = _mended(text)
    scanner, position, counted = json.JSONDecoder(strict=False, parse_int=str), 0, 0
    tears, open_arrays = 0, 0
    while (start := _next_start(text, position)) < len(text):
        open_arrays += _opened(text, position, start)
        position = start
        line, counted = line + text.count("\n", counted, position), position
        end = _end_of_value(scanner, text, position)
        if not end:
            tears += 1
            end = _next_opening(text, position) if tears <= MOST_TEARS else len(text)
        yield Piece(text[position:end], line)
        position = end
    if not tears and open_arrays + _opened(text, position, len(text)) > 0:
        yield Piece("[", line)


def _opened(text: str, start: int, end: int) -> int:
    """How many more arrays open than close in a part of `text`."""
    return text.count("[", start, end) - text.count("]", start, end)


def _next_start(text: str, position: int) -> int:
    """Where the next value starts: past white space, commas, and the brackets of an outer array."""
    return _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing at all, too


def _end_of_value(scanner: json.JSONDecoder, text: str, start: int) -> int:
    """Where the value at `start` ends; 0 if it is torn."""
    try:
        return scanner.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


def _next_opening(text: str, start: int) -> int:
    """Where the next line begins that opens an object."""
    following = _OPENS.search(text, start)
    return following.end() if following else len(text)
