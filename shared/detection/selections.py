"""From a Sigma selection (`{field|modifier: values}`) to a tree of nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.detection import modifiers
from shared.detection.nodes import Every, Item, Node, Some
from shared.events.path import MISSING, getter
from shared.events.text import text_of, texts_of
from shared.spelling import nearest

Lists = Mapping[str, tuple[str, ...]]
FieldCheck = Callable[[str], None]
"""Raises ValueError, naming the nearest right one, for a field that no event of the source has."""


class SelectionError(ValueError):
    """A selection that would not do what its author means; `path` leads to the line at fault."""

    def __init__(self, text: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(text)
        self.path = path


def build_selection(definition: Any, check_field: FieldCheck, lists: Lists) -> Node:
    """A selection as Sigma defines it: a map is *and*, a list of maps is *or*.

    Raises SelectionError in plain words for anything that would silently not match.
    """
    if isinstance(definition, Mapping) and definition:
        return Every(tuple(_build_line(k, v, check_field, lists) for k, v in definition.items()))
    if isinstance(definition, list) and definition and all(isinstance(d, Mapping) for d in definition):
        return Some(tuple(_build_part(n, part, check_field, lists) for n, part in enumerate(definition)))
    raise SelectionError("a selection is a map of fields to values, or a list of such maps")


def _build_part(number: int, part: Any, check_field: FieldCheck, lists: Lists) -> Node:
    try:
        return build_selection(part, check_field, lists)
    except SelectionError as error:
        raise SelectionError(str(error), (number, *error.path)) from None


def _build_line(key: Any, value: Any, check_field: FieldCheck, lists: Lists) -> Item:
    try:
        return build_item(str(key), value, check_field, lists)
    except ValueError as error:
        raise SelectionError(str(error), (str(key),)) from None


def build_item(key: str, value: Any, check_field: FieldCheck, lists: Lists) -> Item:
    """One line of a selection: `field|modifier|modifier: value or list of values`."""
    field, *words = key.split("|")
    check_field(field)
    _check_words(words)
    values = _values(value, words, lists)
    test, exact = _test(words, values)
    needs_value = not (test(MISSING) or test(None))
    shown = value if "expand" in words else values
    return Item(field, getter(field), _describe(field, words, shown), test, exact, needs_value)


def _check_words(words: list[str]) -> None:
    for word in words:
        if word not in modifiers.WORDS:
            known = nearest(word, modifiers.WORDS) or f"; there are {', '.join(modifiers.WORDS)}"
            raise ValueError(f"unknown modifier '{word}'{known}")
    tests = [word for word in words if word not in ("all", "expand", *modifiers.FLAGS)]
    if len(tests) > 1:
        raise ValueError(f"'{'|'.join(tests)}': one test at a time; use two lines joined by the condition")
    if tests != ["re"] and (flags := [word for word in words if word in modifiers.FLAGS]):
        raise ValueError(f"'{flags[0]}' is a flag of 're' alone")


def _values(value: Any, words: list[str], lists: Lists) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError("an empty list of values never matches")
    if any(isinstance(v, (Mapping, list)) for v in values):
        raise ValueError("a value is a text, a number, true, false or null, or a flat list of those")
    if "expand" in words:
        return [x for v in values for x in _expanded(str(v), lists)]
    for text in values:
        if isinstance(text, str) and text[:1] == text[-1:] == "%" and text.strip("%") in lists:
            raise ValueError(f"'{text}' names a list; write '|expand' behind the field")
    return values


def _expanded(placeholder: str, lists: Lists) -> tuple[str, ...]:
    """The values of `%name%`, from `alerts/lists/name.yml`."""
    name = placeholder.strip("%")
    if placeholder != f"%{name}%":
        raise ValueError(f"'expand' takes the name of a list as '%name%', not '{placeholder}'")
    if name not in lists:
        raise ValueError(f"no list 'lists/{name}.yml'{nearest(name, lists)}")
    return lists[name]


def _test(words: list[str], values: list[Any]) -> tuple[Callable[[Any], bool], frozenset[str] | None]:
    """The test on a raw value (MISSING included), and the exact values if it tests equality alone."""
    word = next((word for word in words if word in modifiers.BUILDERS or word == "exists"), "")
    if word == "exists":
        return _exists(values), None
    if not word and "all" not in words and not any(map(_is_special, values)):
        exact = frozenset(modifiers.unescaped(text_of(value)).lower() for value in values)
        return _any_element(lambda text: text.lower() in exact), exact
    if word and None in values:
        raise ValueError(f"'{word}' takes no null")
    combine = all if "all" in words else any
    build = _builder(word, words)
    tests = [_is_null if value is None else _any_element(build(value)) for value in values]
    return (lambda value: combine(test(value) for test in tests)), None


def _builder(word: str, words: list[str]) -> modifiers.Builder:
    """The builder of a test, flags of a regular expression included."""
    flags = sum(modifiers.FLAGS[flag] for flag in {*words} & modifiers.FLAGS.keys())
    if word == "re" and flags:
        return lambda value: modifiers.regex(value, flags)
    return modifiers.BUILDERS.get(word, modifiers.equals)


def _is_special(value: Any) -> bool:
    return value is None or modifiers.has_wildcard(value)


def _exists(values: list[Any]) -> Callable[[Any], bool]:
    if len(values) != 1 or not isinstance(values[0], bool):
        raise ValueError("'exists' takes true or false")
    wanted = values[0]
    return lambda value: (value is not MISSING) is wanted


def _is_null(value: Any) -> bool:
    return value is None or value is MISSING


def _any_element(test: modifiers.Test) -> Callable[[Any], bool]:
    """Lift a test on text to a test on what the event has: nothing, a scalar, or an array of them."""

    def judge(value: Any) -> bool:
        if isinstance(value, str):
            return test(value)
        return value is not MISSING and any(map(test, texts_of(value)))

    return judge


def _describe(field: str, words: list[str], values: Any) -> str:
    """The item in one line for people: `eventName is StopLogging or DeleteTrail`; of a list, its name."""
    word = " ".join(word for word in words if word != "expand") or "is"
    if "expand" in words:
        names = [str(name).strip("%") for name in (values if isinstance(values, list) else [values])]
        return f"{field} {word} in lists/{' or '.join(names)}"
    shown = [repr(v) if v == "" else "null" if v is None else text_of(v) for v in values]
    joined = (" and " if "all" in words else " or ").join(shown[:4])
    return f"{field} {word} {joined}" + (f" or {len(shown) - 4} more" if len(shown) > 4 else "")
