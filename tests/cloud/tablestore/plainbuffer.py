"""PlainBuffer: how Tablestore writes rows inside its protobuf messages.

Written from help.aliyun.com, Tablestore, "PlainBuffer", as the second opinion to the SDK's own code:
checksums are made on the way out and verified on the way in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HEADER = 0x75
ROW_KEY, ROW_DATA, CELL, NAME, VALUE, OPERATION, TIMESTAMP, DELETE_ROW, ROW_SUM, CELL_SUM = range(1, 11)
INTEGER, DOUBLE, BOOLEAN, STRING, BINARY, LOWEST, HIGHEST = 0, 1, 2, 3, 7, 9, 10


class Bound:
    """INF_MIN or INF_MAX, as a primary key in GetRange."""


INF_MIN, INF_MAX = Bound(), Bound()


@dataclass
class Cell:
    """A named value; `operation` is set in UpdateRow: 1 and 3 delete, 4 increments."""

    name: str
    value: Any = None
    operation: int | None = None
    timestamp: int | None = None


def encode_rows(rows: Iterable[tuple[list[Cell], list[Cell]]]) -> bytes:
    """Rows, each a primary key and its columns; no rows are no bytes."""
    body = b"".join(_encode_row(key, columns) for key, columns in rows)
    return struct.pack("<i", HEADER) + body if body else b""


def decode_row(data: bytes) -> tuple[list[Cell], list[Cell]]:
    """The primary key and the columns of one row; raises ValueError if a byte is wrong."""
    reader = _Reader(data)
    if reader.number("<i") != HEADER:
        raise ValueError("not a PlainBuffer")
    key: list[Cell] = []
    columns: list[Cell] = []
    target, row_sum, deletes = key, 0, 0
    while not reader.ended():
        tag = reader.byte()
        if tag == CELL:
            cell, cell_sum = _decode_cell(reader)
            target.append(cell)
            row_sum = checksum(bytes([cell_sum]), row_sum)
        elif tag == ROW_DATA:
            target = columns
        elif tag == DELETE_ROW:
            deletes = 1
        elif tag == ROW_SUM and reader.byte() != checksum(bytes([deletes]), row_sum):
            raise ValueError("the row's checksum is wrong")
    return key, columns


def checksum(data: bytes, start: int = 0) -> int:
    """CRC-8, polynomial 7."""
    for byte in data:
        start = CRC_TABLE[start ^ byte]
    return start


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1 ^ 7 if byte & 0x80 else byte << 1) & 0xFF
    return byte


CRC_TABLE = [_crc_of(byte) for byte in range(256)]


def _encode_row(key: list[Cell], columns: list[Cell]) -> bytes:
    cells = [_encode_cell(cell) for cell in [*key, *columns]]
    row_sum = checksum(bytes([*(cell[-1] for cell in cells), 0]))
    parts = [bytes([ROW_KEY]), *cells[: len(key)]]
    if columns:
        parts += [bytes([ROW_DATA]), *cells[len(key) :]]
    return b"".join([*parts, bytes([ROW_SUM, row_sum])])


def _encode_cell(cell: Cell) -> bytes:
    name, value = cell.name.encode(), _encode_value(cell.value)
    parts = [bytes([CELL, NAME]), _sized(name), bytes([VALUE]), _sized(value)]
    summed = name + value
    if cell.timestamp is not None:
        stamp = struct.pack("<q", cell.timestamp)
        parts += [bytes([TIMESTAMP]), stamp]
        summed += stamp
    return b"".join([*parts, bytes([CELL_SUM, checksum(summed)])])


def _encode_value(value: Any) -> bytes:
    if isinstance(value, bool):
        return bytes([BOOLEAN, value])
    if isinstance(value, int):
        return bytes([INTEGER]) + struct.pack("<q", value)
    if isinstance(value, float):
        return bytes([DOUBLE]) + struct.pack("<d", value)
    if isinstance(value, str):
        return bytes([STRING]) + _sized(value.encode())
    return bytes([BINARY]) + _sized(bytes(value))


def _sized(data: bytes) -> bytes:
    return struct.pack("<i", len(data)) + data


def _decode_cell(reader: _Reader) -> tuple[Cell, int]:
    cell, summed = Cell(""), b""
    while (tag := reader.byte()) != CELL_SUM:
        if tag == NAME:
            part = reader.sized()
            cell.name = part.decode()
        elif tag == VALUE:
            part = reader.sized()
            cell.value = decode_value(part)
        elif tag == OPERATION:
            part = reader.take(1)
            cell.operation = part[0]
        elif tag == TIMESTAMP:
            part = reader.take(8)
            cell.timestamp = struct.unpack("<q", part)[0]
        else:
            raise ValueError(f"tag {tag} in a cell")
        summed += part
    given = reader.byte()
    if given != checksum(summed):
        raise ValueError(f"the checksum of cell {cell.name!r} is wrong")
    return cell, given


def decode_value(data: bytes) -> Any:
    """A typed value, as in a cell, or alone in a condition."""
    kind, rest = data[0], data[1:]
    if kind in (STRING, BINARY):
        content = rest[4:]
        return content.decode() if kind == STRING else content
    if kind in (LOWEST, HIGHEST):
        return INF_MIN if kind == LOWEST else INF_MAX
    return struct.unpack({INTEGER: "<q", DOUBLE: "<d", BOOLEAN: "<?"}[kind], rest)[0]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def ended(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("the row is cut off")
        return self._data[self._at - size : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, layout: str) -> int:
        value: int = struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        return value

    def sized(self) -> bytes:
        return self.take(self.number("<i"))
