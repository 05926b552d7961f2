"""YAML whose every key and value knows its line, so that a message can point at the mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import yaml

Path = tuple[str | int, ...]

MOST_VALUES = 100_000
"""A document of more keys and values is no file that people edit: aliases of aliases make millions."""


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML as pySigma reads it, but dates stay text: an event's `eventTime` is a string."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Problem:
    """A mistake in a file that people edit."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class ConfigError(Exception):
    """One or more mistakes in files that people edit; each line of the text names one."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass
class Document:
    """The data of one YAML file, and the line of each of its keys and values."""

    file: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of what stands at `path`, or of the nearest thing above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, text: str) -> Problem:
        """A Problem at the line of `path`."""
        return Problem(self.file, self.line(path), text)


def read_yaml(text: str, file: str) -> Document:
    """The document in `text`. Raises ConfigError for bad syntax and for keys given twice."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        document = Document(file, loader.construct_document(node) if node else None)
        problems = list(_walk(node, (), document)) if node else []
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        is_tab = mark and text[mark.index : mark.index + 1] == "\t"
        reason = "indent with spaces, not with tabs" if is_tab else error.problem or error
        raise ConfigError([Problem(file, mark.line + 1 if mark else 1, f"not YAML: {reason}")]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError([Problem(file, 1, f"not YAML: {' '.join(str(error).split())}")]) from None
    if problems:
        raise ConfigError(problems)
    return document


_NOT_TEXT = {"tag:yaml.org,2002:bool": "true or false", "tag:yaml.org,2002:null": "null"}


def _walk(node: yaml.Node, path: Path, document: Document) -> Iterator[Problem]:
    """Note the lines below `node`; yield a Problem for each key that stands twice in its map.

    Raises ValueError where they are more than MOST_VALUES.
    """
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(document.lines) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} values; are there aliases of aliases?")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in document.lines:
                yield Problem(document.file, key.start_mark.line + 1, f"'{key.value}' is given twice")
            if key.tag in _NOT_TEXT:
                text = f"the key {key.value} reads as {_NOT_TEXT[key.tag]} in YAML; write it in quotes"
                yield Problem(document.file, key.start_mark.line + 1, text)
            document.lines[inner] = key.start_mark.line + 1
            yield from _walk(value, inner, document)
    elif isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield from _walk(child, (*path, number), document)
