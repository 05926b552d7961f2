"""JSON from anywhere: torn, compressed, hostile."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from shared.events.decode import DEEPEST, decode, pieces, text_in, unpacked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        (b'{"a": "\xff"}', {"a": "�"}),
        ('{"a": "\\ud800"}', {"a": "?"}),
        ('{"a": "\ud800"}', {"a": "?"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a": "one\ntwo\x01"}', {"a": "one\ntwo\x01"}),
        ('{"a": 1e999}', {"a": float("inf")}),
        ('{"a": -Infinity}', {"a": float("-inf")}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ('{"a": ' + "1" * 5000 + "}", {"a": "1" * 5000}),
        ('{"a": "\\xff"}', {"a": "�"}),
        ('{"a": "\\\\xff"}', {"a": "\\xff"}),
    ],
)
def test_what_is_clear_is_read_even_if_the_standard_forbids_it(text: str | bytes, value: object) -> None:
    assert decode(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "truncated"),
        ('{"a": ', "truncated"),
        ("{'a': 1}", "keys must be strings"),
        ('{"a": 1} x', "trailing characters"),
        ('{"a": "\\x41"}', "invalid escape"),
        (b"\x00\x01\x02", "invalid character"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_says_why(text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(text)


def test_far_too_deep_a_nesting_is_cut_off_and_the_rest_is_read() -> None:
    value = decode('{"eventName": "X", "deep": ' + "[" * 500 + "]" * 500 + "}")
    assert value["eventName"] == "X"
    assert json.dumps(value["deep"]).count("[") == DEEPEST


def test_broad_values_are_not_cut() -> None:
    page = [{"a": [i, {"b": i}]} for i in range(1000)]
    assert decode(json.dumps(page)) == page
    assert decode(json.dumps(page).encode()) == page


def test_a_value_is_told_with_the_line_it_starts_on() -> None:
    text = '\n[\n  {"a": 1},\n  {"a":\n   2}\n]\n'
    assert [(decode(p.text)["a"], p.line) for p in pieces(text)] == [(1, 3), (2, 4)]


@pytest.mark.parametrize("text", ["", "  \n\t\n", "[]", "[\n]", "\ufeff"])
def test_a_file_of_nothing_holds_nothing(text: str) -> None:
    assert list(pieces(text_in(text.encode()))) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_a_tear_anywhere_in_a_record_spares_the_records_on_the_lines_after_it(indent: int | None) -> None:
    torn = json.dumps({"n": "torn", "o": {"p": [1, {"q": "r,{}"}]}}, indent=indent)
    good = json.dumps({"n": "good"}, indent=indent)
    for position in range(1, len(torn)):
        text = f"{good}\n{torn[:position]}\n{good}\n{good}\n"
        assert text.count("good") == sum(_is_good(piece.text) for piece in pieces(text)), position


def test_a_tear_in_a_pretty_array_spares_the_elements_after_it() -> None:
    elements = [
        json.dumps({"n": "good"}, indent=4),
        '{\n "n": "torn',
        *[json.dumps({"n": "good"}, indent=4)] * 2,
    ]
    text = "[\n    " + ",\n    ".join(elements) + "\n]\n"
    assert sum(_is_good(piece.text) for piece in pieces(text)) == 3


def _is_good(text: str) -> bool:
    try:
        return decode(text) == {"n": "good"}
    except ValueError:
        return False


def test_half_a_gzip_gives_what_can_be_read_of_it() -> None:
    lines = b"".join(b'{"n": %d, "x": "%s"}\n' % (n, bytes(str(n**9), "ascii")) for n in range(2000))
    packed = gzip.compress(lines)
    readable, missing = unpacked(packed[: len(packed) // 2])
    assert lines.startswith(readable)
    assert len(readable) > 1000
    assert "to its end" in missing


def test_of_a_gzip_of_several_members_those_before_the_damage_are_read() -> None:
    first, second = gzip.compress(b'{"n": 1}\n'), gzip.compress(b'{"n": 2}\n')
    assert unpacked(first + second) == (b'{"n": 1}\n{"n": 2}\n', "")
    for damaged in (second[:8], second[:-8] + b"?" * 8, b"no gzip"):
        readable, missing = unpacked(first + damaged)
        assert readable.startswith(b'{"n": 1}\n')
        assert "to its end" in missing


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"\x1f\x8bnot gzip at all", gzip.compress(b"x", mtime=0)[:11]]
)
def test_a_gzip_in_which_nothing_can_be_read_says_so(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a readable gzip file"):
        unpacked(data)


def test_a_gzip_with_a_wrong_checksum_is_not_trusted() -> None:
    packed = bytearray(gzip.compress(b'{"n": 1}'))
    packed[-8] ^= 1
    with pytest.raises(ValueError, match="CRC check failed"):
        unpacked(bytes(packed))


def test_an_array_that_is_never_closed_is_complained_of_after_its_elements() -> None:
    assert [piece.text for piece in pieces('[{"n": 1},\n{"n": 2},')] == ['{"n": 1}', '{"n": 2}', "["]
    assert [piece.text for piece in pieces('[{"n": 1}\n]\n[[{"n": 2}]]')] == ['{"n": 1}', '{"n": 2}']


def test_pretty_values_may_follow_values_of_one_line() -> None:
    text = '{"n": 1}\n\n{\n  "n": 2\n}\n[\n{"n": 3}]\n'
    assert [(decode(piece.text)["n"], piece.line) for piece in pieces(text)] == [(1, 1), (2, 3), (3, 7)]


@pytest.mark.parametrize("separator", [b" ", b"\n"])
def test_bytes_that_are_not_utf8_spoil_no_record(separator: bytes) -> None:
    data = separator.join([b'{"n": "\xff"}', b'{"n": "good"}', b'{"n": "\xed\xa0\x80"}'])
    assert [decode(piece.text)["n"] for piece in pieces(text_in(data))] == ["�", "good", "���"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert text_in('{"n": "小王"}'.encode(encoding)) == '{"n": "小王"}'


def test_bytes_that_are_not_utf8_show_as_what_they_are() -> None:
    assert text_in(b"caf\xe9") == "caf\\xe9"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ' * 200_000,
        '{"a": [\n' * 50_000,
        "{\n" * 200_000,
        "[" * 1_000_000,
        '{"a": [1,' + "\n{}," * 200_000,
        '"\n{' * 100_000,
    ],
    ids=["open", "open lines", "braces", "brackets", "endless array", "open texts"],
)
def test_a_hostile_file_is_taken_apart_in_bounded_time(text: str) -> None:
    started = time.perf_counter()
    assert sum(1 for _ in pieces(text)) <= text.count("\n") + 2
    assert time.perf_counter() - started < 10
