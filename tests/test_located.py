"""YAML whose every key and value knows its line."""

from __future__ import annotations

import pytest

from shared.located import ConfigError, read_yaml

TEXT = """\
# a comment
a: 1
b:
  - x
  - c: [2,
        3]
    ? d e
    : >
      folded
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("a",), 2),
        (("b",), 3),
        (("b", 0), 4),
        (("b", 1), 5),
        (("b", 1, "c"), 5),
        (("b", 1, "c", 1), 6),
        (("b", 1, "d e"), 7),
        (("b", 1, "nothing", "there"), 5),
        (("nowhere",), 2),
    ],
)
def test_everything_knows_its_line_and_what_is_not_there_that_of_what_is_around(
    path: tuple[str | int, ...], line: int
) -> None:
    assert read_yaml(TEXT, "f.yml").line(path) == line


def test_an_empty_document_has_a_first_line() -> None:
    assert read_yaml("", "f.yml").line(("a",)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\nb: 4\n", "f.yml:3: 'a' is given twice\nf.yml:4: 'b' is given twice"),
        ("a:\n  - {b: 1, b: 2}\n", "f.yml:2: 'b' is given twice"),
        ("1: x\n'1': y\n", "f.yml:2: '1' is given twice"),
        ("a: 1\n\tb: 2\n", "f.yml:2: not YAML: indent with spaces, not with tabs"),
        ("a: [1\nb: 2\n", "f.yml:2: not YAML:"),
        ("a: 1\n---\nb: 2\n", "f.yml:2: not YAML: but found another document"),
        ("a: *b\n", "f.yml:1: not YAML: found undefined alias"),
        ("a: &a [*a]\n", "f.yml:1: not YAML:"),
        ("[a]: 1\n? {b: c}\n: 2\n", "f.yml:1: not YAML: found unhashable key"),
        ("a: \x07\n", "f.yml:1: not YAML: unacceptable character"),
        ("a: \ud800\n", "f.yml:1: not YAML:"),
        ("a: !!python/name:os.system\n", "f.yml:1: not YAML: could not determine a constructor"),
    ],
)
def test_what_is_no_good_yaml_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, "f.yml")
    assert str(caught.value).startswith(told)


def test_dates_stay_text() -> None:
    assert read_yaml("a: 2026-01-01\nb: 2026-01-01T00:00:00Z\n", "f").data == {
        "a": "2026-01-01",
        "b": "2026-01-01T00:00:00Z",
    }


def test_aliases_of_aliases_take_no_time() -> None:
    levels = "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(ConfigError, match="aliases of aliases"):
        read_yaml("l0: &l0 x\n" + levels, "bomb.yml")
