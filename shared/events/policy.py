"""What a RAM, bucket or key policy document grants, and to whom.

Grammar: "Policy elements", https://help.aliyun.com/document_detail/93738.html, and for buckets
"PutBucketPolicy", https://help.aliyun.com/document_detail/121730.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from shared.events.exposure import is_world
from shared.events.leaves import opened
from shared.events.text import text_of

_EVERYTHING = frozenset({"*", "*:*", "acs:*:*:*:*", "acs:*:*:*:*/*"})
_NARROWING_KEYS = ("sourceip", "vpc", "account", "principal", "accessid")
_PRINCIPAL = re.compile(r"acs:(?:ram|sts)::(\d+|\*):")
_DEEPEST = 8


def policies(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every policy document (an object with a Statement) anywhere below `value`, JSON strings opened."""
    node = opened(value)
    if depth > _DEEPEST or not isinstance(node, (Mapping, list)):
        return
    if isinstance(node, Mapping) and "Statement" in node:
        yield node
        return
    for child in node.values() if isinstance(node, Mapping) else node:
        yield from policies(child, depth + 1)


def grants_everything(policy: Mapping[str, Any]) -> bool:
    """Whether some statement allows every action on every resource."""
    return any(_is_admin(statement) for statement in _allowing(policy))


def is_public(policy: Mapping[str, Any]) -> bool:
    """Whether some statement allows anyone, with no condition on network or account to narrow it."""
    return any(_is_for_anyone(s) and not _is_narrowed(s) for s in _allowing(policy))


def actions_of_anyone(policy: Mapping[str, Any], effect: Literal["allow", "deny"]) -> tuple[str, ...]:
    """The actions that statements of this effect allow or deny anyone, in lower case, with their wildcards.

    An allowance counts unless a condition on network or account narrows it; a denial only where it stands
    without conditions and not for some folders alone.
    """
    found = _denying(policy) if effect == "deny" else [s for s in _allowing(policy) if not _is_narrowed(s)]
    actions = [_texts(s.get("Action", "*")) for s in found if _is_for_anyone(s)]
    return tuple(dict.fromkeys(action.lower() for texts in actions for action in texts))


def trusted_accounts(policy: Mapping[str, Any]) -> list[str]:
    """The account ids that a role's trust policy lets assume it; `*` for anyone."""
    names = [_account(name) for statement in _allowing(policy) for name in _principals(statement)]
    return list(dict.fromkeys(name for name in names if name.isdigit() or name == "*"))


def trusted_principals(policy: Mapping[str, Any]) -> list[str]:
    """Everyone that a role's trust policy lets assume it, each as `RAM acs:ram::…:root`, `Service …`."""
    found = [name for statement in _allowing(policy) for name in _named_principals(statement)]
    return list(dict.fromkeys(found))


def _named_principals(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [f"{kind} {name}" for kind, names in principal.items() for name in _texts(names)]
    return _texts(principal) if principal is not None else []


def _allowing(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _statements(policy, "allow")


def _denying(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements that deny whatever they name, always and everywhere."""
    found = [s for s in _statements(policy, "deny") if "Action" in s and not s.get("Condition")]
    return [s for s in found if "NotPrincipal" not in s and all(map(_is_whole, _texts(s.get("Resource"))))]


def _is_whole(resource: str) -> bool:
    """Whether it is all of something, not a folder in it: `acs:oss:*:*:bucket`, `acs:oss:*:*:bucket/*`."""
    _, slash, below = resource.partition("/")
    return not slash or below == "*"


def _statements(policy: Mapping[str, Any], effect: str) -> list[Mapping[str, Any]]:
    statements = opened(policy["Statement"])
    listed = statements if isinstance(statements, list) else [statements]
    return [s for s in listed if isinstance(s, Mapping) and text_of(s.get("Effect")).lower() == effect]


def _is_admin(statement: Mapping[str, Any]) -> bool:
    everything = _EVERYTHING.intersection(_texts(statement.get("Action")))
    return bool(everything or "NotAction" in statement) and bool(
        _EVERYTHING.intersection(_texts(statement.get("Resource")))
    )


def _is_for_anyone(statement: Mapping[str, Any]) -> bool:
    """Whether it names everyone, or everyone but a few."""
    return "NotPrincipal" in statement or "*" in map(_account, _principals(statement))


def _is_narrowed(statement: Mapping[str, Any]) -> bool:
    """Whether a condition says which networks or accounts may use it; one on HTTPS alone does not."""
    condition = statement.get("Condition")
    if not isinstance(condition, Mapping):
        return False
    return any(
        _narrows(operator, key, value)
        for operator, test in condition.items()
        if isinstance(test, Mapping)
        for key, value in test.items()
    )


def _narrows(operator: str, key: str, value: Any) -> bool:
    """Neither "all but these" (`NotIpAddress`) nor a list that takes in the whole world narrows anything."""
    if "not" in operator.lower() or operator.lower() == "null":
        return False
    named = any(word in key.lower() for word in _NARROWING_KEYS)
    return named and not any(text == "*" or is_world(text) for text in _texts(value))


def _principals(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [name for names in principal.values() for name in _texts(names)]
    return _texts(principal)


def _account(principal: str) -> str:
    """The account id, or `*`, in a principal such as `acs:ram::1234567890123456:root`."""
    match = _PRINCIPAL.match(principal)
    return match[1] if match else principal


def _texts(value: Any) -> list[str]:
    return [text_of(v) for v in value] if isinstance(value, list) else [text_of(value)]
