"""Keys of whoever sits at this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.cloud.credentials import Credentials, CredentialsError
from shared.cloud.profile import local_credentials

AK = {"name": "default", "mode": "AK", "access_key_id": "id", "access_key_secret": "the-secret"}
STS = {**AK, "name": "temporary", "mode": "StsToken", "sts_token": "the-token"}
ROLE = {**AK, "name": "role", "mode": "RamRoleArn"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aliyun").mkdir()
    return tmp_path


def configure(home: Path, *profiles: dict[str, Any], current: str = "default") -> None:
    document = {"current": current, "profiles": list(profiles)}
    (home / ".aliyun" / "config.json").write_text(json.dumps(document))


def environment_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret")


def test_the_environment_comes_before_the_current_profile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, AK)
    environment_keys(monkeypatch)
    assert local_credentials() == Credentials("env-id", "env-secret")


def test_a_profile_that_is_asked_for_comes_before_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, AK, STS)
    environment_keys(monkeypatch)
    assert local_credentials("temporary") == Credentials("id", "the-secret", "the-token")
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "default")
    assert local_credentials() == Credentials("id", "the-secret")


def test_without_keys_in_the_environment_the_current_profile_serves(home: Path) -> None:
    configure(home, AK, STS, current="temporary")
    assert local_credentials().security_token == "the-token"


def test_a_token_left_over_in_a_profile_of_long_lived_keys_is_not_sent(home: Path) -> None:
    configure(home, {**AK, "sts_token": "old"})
    assert local_credentials().security_token == ""


def test_no_keys_anywhere_names_both_places(home: Path) -> None:
    with pytest.raises(CredentialsError, match=r"ALIBABA_CLOUD_ACCESS_KEY_ID.*aliyun configure"):
        local_credentials()


def test_a_profile_that_is_not_there_is_told_with_those_that_are(home: Path) -> None:
    configure(home, AK, STS)
    with pytest.raises(CredentialsError, match="no profile 'prod'; it has: default, temporary"):
        local_credentials("prod")


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (ROLE, "mode 'RamRoleArn'"),
        ({**AK, "access_key_secret": ""}, "no access_key_id or no access_key_secret"),
    ],
)
def test_a_profile_that_holds_no_key_is_told(home: Path, profile: dict[str, Any], told: str) -> None:
    configure(home, profile, current=profile["name"])
    with pytest.raises(CredentialsError, match=told):
        local_credentials()


@pytest.mark.parametrize("text", ['{"profiles": [{"access_key_secret": "the-secret"', "[]", "\x00"])
def test_a_broken_file_is_told_without_its_secrets(home: Path, text: str) -> None:
    (home / ".aliyun" / "config.json").write_text(text)
    with pytest.raises(CredentialsError) as error:
        local_credentials()
    assert "config.json" in str(error.value)
    assert "the-secret" not in str(error.value)
