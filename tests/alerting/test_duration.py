"""Spans of time as Alertmanager's files have them."""

from __future__ import annotations

import pytest

from shared.alerting.duration import span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("1w2d", 777_600), ("1y", 31_536_000), ("0s", 0), ("0", 0), (0, 0)],
)
def test_units_add_up(text: object, seconds: int) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "5", 5, "30m1h", "1h1h", "500ms", "-5s", "1.5h", "5 m", None, True])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a span of time like 90s"):
        span(text)
