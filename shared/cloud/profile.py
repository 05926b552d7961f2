"""The keys of whoever sits at this machine: of the environment, or of a profile of the `aliyun` command.

The order and the variables are those of Alibaba Cloud's own default chain ("Manage access credentials",
https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-python-access-credentials); of the
profiles, those that hold a key by themselves serve: modes AK and StsToken.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from shared.cloud.credentials import ID_VARIABLE, SECRET_VARIABLE, Credentials, CredentialsError, from_context

FILE = Path(".aliyun") / "config.json"
PROFILE_VARIABLE = "ALIBABA_CLOUD_PROFILE"
MODES = ("AK", "StsToken")


def local_credentials(profile: str = "") -> Credentials:
    """The keys of `profile`, or without one those of the environment, else of the current profile.

    Raises CredentialsError that names the places looked at, or what is wrong with the profile.
    """
    chosen = profile or os.environ.get(PROFILE_VARIABLE, "")
    if not chosen and os.environ.get(ID_VARIABLE) and os.environ.get(SECRET_VARIABLE):
        return from_context(None)
    file = Path.home() / FILE
    if not file.is_file():
        raise CredentialsError(
            f"no credentials: set {ID_VARIABLE} and {SECRET_VARIABLE}, or run `aliyun configure` (no {file})"
        )
    return _keys(_named(_read(file), chosen, file), file)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CredentialsError(f"{file} can't be read: {type(error).__name__}") from None  # may quote a key
    return document if isinstance(document, dict) else {}


def _named(document: dict[str, Any], chosen: str, file: Path) -> dict[str, Any]:
    """The profile of that name, or the current one. Raises CredentialsError that lists those there are."""
    name = chosen or str(document.get("current") or "default")
    profiles = {str(p.get("name")): p for p in document.get("profiles") or [] if isinstance(p, dict)}
    if name not in profiles:
        raise CredentialsError(f"{file} has no profile {name!r}; it has: {', '.join(profiles) or 'none'}")
    return profiles[name]


def _keys(profile: dict[str, Any], file: Path) -> Credentials:
    where = f"profile {profile.get('name')!r} of {file}"
    if profile.get("mode") not in MODES:
        raise CredentialsError(
            f"{where} is of mode {profile.get('mode')!r}; {' and '.join(MODES)} hold a key. "
            f"Put temporary keys into {ID_VARIABLE}, {SECRET_VARIABLE} and ALIBABA_CLOUD_SECURITY_TOKEN"
        )
    key_id, secret = profile.get("access_key_id"), profile.get("access_key_secret")
    if not key_id or not secret:
        raise CredentialsError(f"{where} has no access_key_id or no access_key_secret")
    token = profile.get("sts_token") if profile["mode"] == "StsToken" else ""
    return Credentials(str(key_id), str(secret), str(token or ""))
