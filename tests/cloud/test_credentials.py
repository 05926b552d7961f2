from __future__ import annotations

from types import SimpleNamespace

import pytest

from shared.cloud.credentials import Credentials, CredentialsError, from_context

VARIABLES = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "env-token",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def context(key_id: str | None, secret: str | None, token: str | None) -> SimpleNamespace:
    key = SimpleNamespace(access_key_id=key_id, access_key_secret=secret, security_token=token)
    return SimpleNamespace(credentials=key)


@pytest.mark.usefixtures("environment")
def test_the_context_comes_before_the_environment() -> None:
    assert from_context(context("id", "secret", "token")) == Credentials("id", "secret", "token")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "empty",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(credentials=None),
        context("", "", ""),
        context("id", None, None),
    ],
    ids=["no context", "python3.12", "no credentials", "empty credentials", "half a key"],
)
def test_without_keys_in_the_context_the_environment_serves(empty: object) -> None:
    assert from_context(empty) == Credentials("env-id", "env-secret", "env-token")


def test_a_long_lived_key_has_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret")
    assert from_context(None) == Credentials("env-id", "env-secret")


def test_a_key_and_its_token_are_never_mixed_from_two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "env-token")
    assert from_context(context("id", "secret", None)).security_token == ""


def test_no_keys_anywhere_names_both_places() -> None:
    with pytest.raises(CredentialsError) as error:
        from_context(context(None, None, None))
    assert "context.credentials" in str(error.value)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in str(error.value)


def test_the_repr_hides_secret_and_token() -> None:
    shown = repr(Credentials("id", "the-secret", "the-token"))
    assert "id" in shown
    assert "the-secret" not in shown
    assert "the-token" not in shown
