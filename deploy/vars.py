"""The names that s.yaml gives to things, read from s.yaml itself, so that nothing is named twice.

What a user edits under `vars`, exports, or writes into `.env` holds for `s deploy` and for bootstrap alike.
Serverless Devs' own words: https://docs.serverless-devs.com/user-guide/spec/ ("Variables").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import yaml

from shared.config import HERE
from shared.spelling import nearest

S_YAML = HERE / "s.yaml"
PLACEHOLDER = "1234567890123456"
"""The account of s.yaml for who has not said theirs."""

_PROJECT = (r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and hyphens")
FORMS = {
    "region": (r"[a-z]{2}-[a-z0-9-]*[a-z0-9]", "a region's id, such as cn-hangzhou"),
    "account": (r"\d+", "the account's number"),
    "project": _PROJECT,
    "trail_project": _PROJECT,
    "trail_logstore": (r"actiontrail_.+", "actiontrail_<name of the trail>, as ActionTrail calls it"),
}
"""What names must look like, and in words (Log Service, "Manage a project"; ActionTrail, "CreateTrail")."""

_EXPRESSION = re.compile(r"\$\{(.*?)\}")
_ENVIRONMENT = re.compile(r"env\('(\w+)'\s*(?:,\s*'([^']*)')?\)")
_VARIABLE = re.compile(r"vars\.(\w+)")
_LINE = re.compile(
    r"""^\s*(?:export\s+)?([A-Za-z_]\w*)[ \t]*=[ \t]*('[^'\n]*'|"[^"\n]*"|[^#\n]*?)[ \t]*(?:\#.*)?$""",
    re.MULTILINE,
)
_REFERENCE = re.compile(r"\\?\$(?:\{([^}]*)\}|(\w*))")  # `s` fills in what is escaped, too


class VarsError(Exception):
    """s.yaml can't be read, lacks a name, or says it in a way that is not understood here."""


@dataclass(frozen=True)
class Names:
    """The vars of s.yaml that name something which must exist before a deploy."""

    region: str
    account: str
    trail_project: str
    trail_logstore: str
    project: str
    alerts_logstore: str
    hosts_logstore: str
    deferred_logstore: str
    triggers_logstore: str
    functions_logstore: str
    oss_access_logstore: str
    tablestore: str
    secret: str = ""

    @property
    def trail(self) -> str:
        """The trail's own name: its logstore is actiontrail_<name> (ActionTrail, "CreateTrail")."""
        return self.trail_logstore.removeprefix("actiontrail_")

    def role_arn(self, role: str) -> str:
        """The full name of one of the account's roles."""
        return f"acs:ram::{self.account}:role/{role}"

    def project_arn(self, project: str) -> str:
        """The full name of one of the account's projects."""
        return f"acs:log:{self.region}:{self.account}:project/{project}"


def read_names(environment: Mapping[str, str], s_yaml: Path = S_YAML) -> Names:
    """The names as `s deploy` would use them with this environment. Raises VarsError."""
    given = read_vars(environment, s_yaml)
    missing = [f.name for f in fields(Names) if f.default is MISSING and not given.get(f.name)]
    if missing:
        hint = nearest(missing[0], given)
        raise VarsError(f"{s_yaml.name}: vars has no {missing[0]}, or it is empty{hint}")
    for name, (form, words) in FORMS.items():
        if not re.fullmatch(form, given[name]):
            raise VarsError(f"{s_yaml.name}: vars.{name} is '{given[name]}'; it is {words}")
    return Names(**{f.name: given[f.name] for f in fields(Names) if f.name in given})


def read_vars(environment: Mapping[str, str], s_yaml: Path = S_YAML) -> dict[str, str]:
    """All plain values of `vars`, with environment and other vars filled in. Raises VarsError."""
    try:
        document = yaml.safe_load(s_yaml.read_text(encoding="utf-8"))
        variables = document["vars"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise VarsError(f"{s_yaml}: no vars can be read: {error}") from None
    given = known(environment, s_yaml)
    values: dict[str, str] = {}
    for name, value in variables.items():
        if not isinstance(value, (dict, list)):
            values[name] = filled(str(value), f"{s_yaml.name}: vars.{name}", given, values)
    return values


def known(environment: Mapping[str, str], s_yaml: Path = S_YAML) -> dict[str, str]:
    """The environment, and what `.env` beside s.yaml adds to it, as for `s`. Raises VarsError."""
    return {**dot_env(s_yaml.with_name(".env"), environment), **environment}


def dot_env(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The assignments of a `.env` file, as `s` reads them: a # outside of quotes begins a comment, $NAME is
    filled in even within them. Raises VarsError for a $ that names nothing: it belongs to a password, most
    likely, and `s` would drop it without a word."""
    values: dict[str, str] = {}
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for match in _LINE.finditer(text):
        where = f"{path.name} line {text.count(chr(10), 0, match.start(1)) + 1}: {match[1]}"
        values[match[1]] = _referred(_unquoted(match[2]), where, {**values, **environment})
    return values


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') and value[1:].endswith(value[0]) else value


def _referred(value: str, where: str, values: Mapping[str, str]) -> str:
    def replaced(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name not in values:
            raise VarsError(
                f"{where} has a $ that names no variable, which `s` would lose: export it in the shell, "
                "within '…', or keep it in the secret of KMS"
            )
        return values[name]

    return _REFERENCE.sub(replaced, value)


def filled(text: str, where: str, environment: Mapping[str, str], values: Mapping[str, str]) -> str:
    """A value with its `${…}` filled in: variables of the environment, and `values` of vars. Raises VarsError
    that tells `where` it stands."""

    def replaced(expression: re.Match[str]) -> str:
        inner = expression[1].strip()
        if match := _ENVIRONMENT.fullmatch(inner):
            return environment.get(match[1]) or match[2] or ""
        if (match := _VARIABLE.fullmatch(inner)) and match[1] in values:
            return values[match[1]]
        raise VarsError(
            f"{where}: {expression[0]} is not understood here; write env('NAME', 'default'), or vars.NAME "
            "of one that stands above"
        )

    return _EXPRESSION.sub(replaced, text)
