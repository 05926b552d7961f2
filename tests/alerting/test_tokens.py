"""Tokens of links: what they allow, and what they are not to be turned into."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.tokens import MAX_TOKEN, Grant, Keys, TokenError

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=timezone.utc)
OLD, NEW = "old-" * 8, "new-" * 8
GRANT = Grant("4be1c09d21", "silence-4h", NOW + timedelta(hours=24))
KEYS = Keys.of(OLD)
TOKEN = KEYS.sign(GRANT)


def test_a_token_allows_what_was_granted_and_is_short_and_safe_in_an_address() -> None:
    assert KEYS.read(TOKEN, NOW) == GRANT
    assert len(TOKEN) <= 66
    assert set(TOKEN) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_token_is_good_until_its_end_and_no_longer() -> None:
    assert KEYS.read(TOKEN, GRANT.ends - timedelta(seconds=1)) == GRANT
    with pytest.raises(TokenError):
        KEYS.read(TOKEN, GRANT.ends)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (0, "2"),  # another version
        (1, "00000000"),  # another key
        (2, "4be1c09d22"),  # another incident
        (3, "silence-24h"),  # another action
        (3, "ack"),
        (3, "close"),
        (4, "ffffffff"),  # another end
        (5, "A" * 22),  # no signature of ours
        (5, ""),
    ],
)
def test_a_token_that_was_changed_allows_nothing(part: int, other: str) -> None:
    parts = TOKEN.split(".")
    parts[part] = other
    with pytest.raises(TokenError):
        KEYS.read(".".join(parts), NOW)


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_a_truncated_token_allows_nothing(length: int) -> None:
    with pytest.raises(TokenError):
        KEYS.read(TOKEN[:length], NOW)


@pytest.mark.parametrize(
    "odd",
    [
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.replace("4be1", "４be1"),  # a full-width digit
        TOKEN.replace(".", "。"),
        TOKEN.upper(),
        "\ud800",
        "a" * 10_000_000,
        TOKEN * 100_000,
    ],
    ids=["padded", "newline", "space", "wide digit", "wide dot", "upper", "surrogate", "huge", "repeated"],
)
def test_odd_text_allows_nothing(odd: str) -> None:
    with pytest.raises(TokenError):
        KEYS.read(odd, NOW)


@given(st.text())
def test_no_text_is_anything_but_a_token_or_a_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        KEYS.read(text, NOW)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_one_changed_character_spoils_it(position: int, character: str) -> None:
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]
    if changed != TOKEN:
        with pytest.raises(TokenError):
            KEYS.read(changed, NOW)


def test_a_new_key_signs_and_an_old_one_still_verifies_until_it_is_taken_out() -> None:
    both = Keys.of(f"{NEW}, {OLD}")
    assert both.read(TOKEN, NOW) == GRANT
    assert Keys.of(NEW).read(both.sign(GRANT), NOW) == GRANT
    with pytest.raises(TokenError):
        Keys.of(NEW).read(TOKEN, NOW)


@pytest.mark.parametrize("text", ["", " , ", "short", f"{OLD},short"])
def test_no_key_or_a_short_one_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="key") as error:
        Keys.of(text)
    assert "short" not in str(error.value)


def test_a_key_stands_in_no_repr_and_in_no_token() -> None:
    assert OLD not in repr(KEYS) + repr(vars(KEYS)["_by_id"].keys()) + TOKEN


def test_every_error_says_the_same() -> None:
    texts = set()
    for token, now in ((TOKEN, GRANT.ends), (TOKEN[:-1], NOW), ("", NOW)):
        with pytest.raises(TokenError) as error:
            KEYS.read(token, now)
        texts.add(str(error.value))
    assert len(texts) == 1


def test_the_longest_token_is_within_its_limit() -> None:
    assert len(KEYS.sign(Grant("4be1c09d21", "silence-24h", GRANT.ends))) <= MAX_TOKEN
