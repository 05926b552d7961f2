"""Imports run one way, the core is pure, and the code stays small, typed and documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import pytest

from shared.config import HERE

FILES = sorted(path for folder in ("shared", "functions") for path in (HERE / folder).rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef

SDKS = (
    "aliyun",
    "tablestore",
    "alibabacloud",
    "Tea",
    "requests",
    "urllib",
    "http",
    "socket",
    "smtplib",
    "sqlite3",
)
CLOCKS = ("time.time", "time.monotonic", "time.sleep", "datetime.now", "datetime.utcnow", "date.today")

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "shared/events": (
        "shared.detection",
        "shared.alerting",
        "shared.audits",
        "shared.state",
        "shared.cloud",
        "shared.cli",
        "shared.config",
        "shared.wiring",
        "shared.jobs",
        "shared.pipeline",
        *SDKS,
    ),
    "shared/detection": (
        "shared.alerting",
        "shared.audits",
        "shared.cloud",
        "shared.cli",
        "shared.config",
        "shared.wiring",
        "shared.jobs",
        "shared.pipeline",
        "shared.state.tablestore",
        "shared.state.sqlite",
        *SDKS,
    ),
    "shared/state": (
        "shared.detection",
        "shared.alerting",
        "shared.events",
        "shared.cli",
        "shared.wiring",
        "shared.jobs",
    ),
    "shared/cloud": (
        "shared.detection",
        "shared.alerting",
        "shared.events",
        "shared.cli",
        "shared.wiring",
        "shared.jobs",
    ),
    "shared/audits": ("shared.alerting", "shared.cli", "shared.config", "shared.wiring", *SDKS),
    "shared/alerting": (
        "shared.health",
        "shared.cli",
        "shared.wiring",
        "shared.jobs",
        "shared.pipeline",
        "shared.config",
    ),
    "shared/health": ("shared.audits", "shared.cli", "shared.wiring", "shared.jobs", "shared.pipeline"),
    "shared": ("functions", "tests"),
}
"""What the modules of a folder must not import."""

ONLY = {"functions": ("shared", "__future__", "typing", "collections.abc")}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(HERE).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, those inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports by dots"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_run_one_way(folder: str) -> None:
    wrong = [
        f"{name_of(path)} imports {name}"
        for path in FILES
        if name_of(path).startswith(f"{folder}/")
        for name in imports(path)
        if is_below(name, FORBIDDEN[folder])
    ]
    assert wrong == []


def test_only_the_command_line_knows_how_to_deploy() -> None:
    """The package that is deployed has no deploy/ in it."""
    assert [
        f"{name_of(path)} imports {name}"
        for path in FILES
        if not name_of(path).startswith("shared/cli/")
        for name in imports(path)
        if is_below(name, ("deploy",))
    ] == []


@pytest.mark.parametrize("folder", ONLY)
def test_functions_are_thin(folder: str) -> None:
    mine = [path for path in FILES if name_of(path).startswith(f"{folder}/")]
    assert mine
    assert [
        f"{name_of(p)} imports {n}" for p in mine for n in imports(p) if not is_below(n, ONLY[folder])
    ] == []


def dotted(node: ast.expr) -> str:
    """`datetime.now` for the expression that reads so; empty for one that is no name."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


@pytest.mark.parametrize("folder", ["shared/events", "shared/detection"])
def test_the_core_looks_at_no_clock(folder: str) -> None:
    looks = [
        f"{name_of(path)}:{node.lineno} reads {dotted(node)}"
        for path in FILES
        if name_of(path).startswith(f"{folder}/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and any(f".{dotted(node)}".endswith(f".{clock}") for clock in CLOCKS)
    ]
    assert looks == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def functions() -> Iterator[tuple[Path, Function]]:
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                yield path, node


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_functions_are_short() -> None:
    lengths = [length(function) for _, function in functions()]
    assert len(lengths) > 300
    assert median(lengths) <= 8
    assert quantiles(lengths, n=100)[98] <= 40
    assert [f"{name_of(path)}: {f.name}" for path, f in functions() if length(f) > 40] == []


def public() -> Iterator[tuple[Path, Function]]:
    """The functions of modules, and the methods of public classes, that others may call."""
    for path in FILES:
        scopes = [
            tree(path),
            *(n for n in tree(path).body if isinstance(n, ast.ClassDef) and n.name[0] != "_"),
        ]
        for scope in scopes:
            for node in scope.body:
                if isinstance(node, Function) and not node.name.startswith("_"):
                    yield path, node


def test_every_public_function_is_typed() -> None:
    untyped = [
        f"{name_of(path)}: {function.name}"
        for path, function in public()
        if function.returns is None
        or any(
            argument.annotation is None
            for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            if argument.arg not in ("self", "cls")
        )
    ]
    assert untyped == []


def test_every_public_function_says_what_it_does_itself_or_where_its_kind_is_described() -> None:
    said = {(path, f.name) for path, f in public() if ast.get_docstring(f)}
    assert [f"{name_of(path)}: {f.name}" for path, f in public() if (path, f.name) not in said] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(tree(path))


def is_ours(path: Path) -> bool:
    """Not of an environment, of what is built, or of the tests, which may name such places as examples."""
    parts = path.relative_to(HERE).parts
    return not any(part in ("build", "tests", "node_modules") or part.startswith(".") for part in parts)


def test_no_place_outside_the_project_is_named() -> None:
    outside = ("../shared", "/work/", "/tmp/")
    files = [path for path in HERE.rglob("*") if path.suffix in (".py", ".yml", ".yaml", ".toml", ".md")]
    ours = [path for path in files if is_ours(path)]
    assert len(ours) > 100
    named = [
        f"{name_of(p)}: {word}" for p in ours for word in outside if word in p.read_text(encoding="utf-8")
    ]
    assert named == []
