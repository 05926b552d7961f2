"""Dotted names lead to their values, however the record spells its nesting."""

from __future__ import annotations

from typing import Any

import pytest

from shared.events.path import MISSING, getter

PERMISSIONS = {"Permissions": [{"Port": "22", "Ip": ["a", "b"]}, {"Port": "80"}, {"x": 1}, "text"]}


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("a", {"a": 1}, 1),
        ("a", {"a": None}, None),
        ("a", {}, MISSING),
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a.b": 1}, 1),
        ("a.b", {"a": {"b": None}}, None),
        ("a.b", {"a": None}, MISSING),
        ("a.b", {"a": "text"}, MISSING),
        ("a.b.c.d", {"a": {"b.c": {"d": 1}}}, 1),
        ("a.b.c", {"a": {"b": {}}, "a.b": {"c": 2}}, 2),
        ("a.b.c", {"a": {"x": 1}, "a.b.c": 3}, 3),
        ("Permissions.1.Port", PERMISSIONS, "22"),
        ("Permissions.2.Port", PERMISSIONS, "80"),
        ("Permissions.0.Port", PERMISSIONS, MISSING),
        ("Permissions.9.Port", PERMISSIONS, MISSING),
        ("Permissions.4", PERMISSIONS, "text"),
        ("Permissions.Port", PERMISSIONS, ["22", "80"]),
        ("Permissions.1.Ip.2", PERMISSIONS, "b"),
        ("Permissions.Nothing", PERMISSIONS, MISSING),
        ("Permissions.1.Port", {"Permissions.1.Port": "22"}, "22"),
        ("Permissions.1.Port", {"Permissions": {"1.Port": "22"}}, "22"),
        ("a.²", {"a": [1, 2]}, MISSING),
    ],
)
def test_a_name_leads_to_its_value(path: str, fields: dict[str, Any], expected: Any) -> None:
    assert getter(path)(fields) == expected


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("PolicyName", {"policyName": "a"}, "a"),
        ("policyName", {"PolicyName": "a"}, "a"),
        ("PolicyName", {"policyName": "a", "PolicyName": "b"}, "b"),
        ("Config.Enabled", {"config": {"enabled": False}}, False),
        ("Config.Enabled", {"config.enabled": False}, False),
        ("Ports.1.Low", {"ports": [{"low": 1}]}, 1),
        ("Ports.Low", {"ports": [{"low": 1}, {"LOW": 2}]}, [1, 2]),
        ("PolicyName", {"body": {"policyName": "a"}}, "a"),
        ("PolicyName", {"body": '{"policyName": "a"}'}, "a"),
        ("PolicyName", {"body": "torn {"}, MISSING),
        ("PolicyName", {"policyName": "a", "body": {"PolicyName": "b"}}, "a"),
        ("PolicyName", {"policy": "a"}, MISSING),
        ("PolicyName", None, MISSING),
    ],
)
def test_services_spell_their_parameters_in_either_case(path: str, parameters: Any, expected: Any) -> None:
    assert getter(f"requestParameters.{path}")({"requestParameters": parameters}) == expected


def test_all_else_is_found_as_it_is_spelt_alone() -> None:
    assert getter("userIdentity.userName")({"userIdentity": {"UserName": "a"}}) is MISSING
