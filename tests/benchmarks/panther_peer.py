"""Panther's engine as a peer. Two halves that never share a process.

Run as a script in a throw-away environment, it judges with panther_core (AGPL, so it is no dependency of
ours and is only fetched while the benchmark runs). Imported, it makes that environment and asks the script.
"""

from __future__ import annotations

import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGES = ("panther_core==0.16.3", "python-dateutil==2.9.0.post0", "jmespath==1.0.1", "orjson==3.11.3")
"""What the environment gets; panther_core does not name all that it imports."""


BATCH = 50
"""Events that are timed at once."""


class UnavailableError(Exception):
    """The environment could not be made; the message says why."""


@contextlib.contextmanager
def panther(rules: Mapping[str, Mapping[str, str]], events: Sequence[bytes]) -> Iterator[Panther]:
    """Panther with sets of rules (a set's name → rule names → Python text) and the events to judge.

    Raises UnavailableError when panther_core can't be installed.
    """
    with tempfile.TemporaryDirectory(prefix="trailguard-bench-") as folder:
        python = _environment(Path(folder))
        (Path(folder) / "events.ndjson").write_bytes(b"\n".join(events))
        (Path(folder) / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
        with subprocess.Popen(
            [python, __file__, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield Panther(process)
            process.terminate()


class Panther:
    """The other process. `ask` has it judge the first `count` events."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, rule_set: str, way: str, count: int) -> tuple[list[float], set[tuple[int, str]]]:
        """Seconds for each batch, and what matched. `way`: `rule` (bare functions) or `run` (`Rule.run`)."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([rule_set, way, count]) + "\n")
        self._process.stdin.flush()
        seconds, matches = json.loads(self._process.stdout.readline())
        return seconds, {(number, name) for number, name in matches}


def source_of(detection: Mapping[str, Any]) -> str:
    """The Python rule that a Panther user would write for a Sigma detection."""
    condition = " ".join(
        word if word in ("and", "or", "not") else f"{word}(event)" for word in detection["condition"].split()
    )
    functions = [
        f"def {name}(event):\n    return " + " and ".join(_test(line, value) for line, value in lines.items())
        for name, lines in detection.items()
        if name != "condition"
    ]
    return "\n\n".join([*functions, f"def rule(event):\n    return {condition}"])


def _test(line: str, value: Any) -> str:
    """One line of a selection; the rule is written for speed, with values in lower case beforehand."""
    field, _, modifier = line.partition("|")
    wanted = tuple(str(v).lower() for v in (value if isinstance(value, list) else [value]))
    keys = ", ".join(map(repr, field.split(".")))
    found = (
        f"event.deep_get({keys}, default='').lower()" if "." in field else f"event.get({keys}, '').lower()"
    )
    if modifier in ("startswith", "endswith"):
        return f"{found}.{modifier}({wanted!r})"
    if modifier == "contains":
        return f"any(part in {found} for part in {wanted!r})"
    return f"{found} in {wanted!r}"


def _environment(folder: Path) -> str:
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        python = str(folder / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(install, check=True, capture_output=True, timeout=120)
        subprocess.run([python, "-c", "import panther_core.rule"], check=True, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise UnavailableError(f"could not install {PACKAGES[0]} ({type(error).__name__})") from error
    return python


def _answer(folder: Path) -> None:
    """The script's side: a question a line on standard input, an answer a line on standard output."""
    from panther_core.rule import Rule

    sets = json.loads((folder / "rules.json").read_text(encoding="utf-8"))
    rules = {
        title: [
            (name, Rule({"id": f"{title}.{name}", "versionId": "1", "body": body}))
            for name, body in s.items()
        ]
        for title, s in sets.items()
    }
    events = (folder / "events.ndjson").read_bytes().split(b"\n")
    for question in sys.stdin:
        rule_set, way, count = json.loads(question)
        judges = [(name, _WAYS[way](rule)) for name, rule in rules[rule_set]]
        print(json.dumps(_round(judges, events[:count])), flush=True)


def _round(
    judges: list[tuple[str, Callable[[Any], bool]]], events: list[bytes]
) -> tuple[list[float], list[Any]]:
    import orjson
    from panther_core.enriched_event import PantherEvent

    seconds, matches = [], []
    gc.collect()
    for start in range(0, len(events), BATCH):
        started = time.process_time()
        for number, raw in enumerate(events[start : start + BATCH], start):
            event = PantherEvent(orjson.loads(raw))
            matches += [(number, name) for name, judge in judges if judge(event)]
        seconds.append(time.process_time() - started)
    return seconds, matches


def _by_run(rule: Any) -> Callable[[Any], bool]:
    return lambda event: rule.run(event, {}, {}).detection_output


def _by_rule(rule: Any) -> Callable[[Any], bool]:
    function: Callable[[Any], bool] = rule._module.rule
    return function


_WAYS = {"run": _by_run, "rule": _by_rule}

if __name__ == "__main__":
    _answer(Path(sys.argv[1]))
