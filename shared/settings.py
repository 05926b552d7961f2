"""What a deployed function is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from shared.spelling import nearest

PREFIX = "TRAILGUARD_"


OF_S_YAML = (
    *("account", "region", "project", "oss_access_logstore"),
    "tablestore",
)
"""What s.yaml asks of the environment and tells functions by other names; a shell may have it set."""


class SettingsError(Exception):
    """The environment lacks something, or has something that can't be right."""


class Settings(BaseModel):
    """One field for each variable: `sls_project` is `TRAILGUARD_SLS_PROJECT`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alerts_dir: Path | None = None
    sls_endpoint: str = ""
    sls_project: str = ""
    alerts_logstore: str = "trailguard-alerts"
    deferred_logstore: str = "trailguard-deferred"
    trail_project: str = ""  # where the trail delivers, for who looks after it
    trail_logstore: str = ""
    tablestore_endpoint: str = ""
    tablestore_instance: str = ""
    tablestore_table: str = "trailguard"
    link_keys: SecretStr = SecretStr("")
    public_url: str = ""
    secret: str = ""  # the name of a secret of KMS that holds the channels' tokens and passwords
    openapi_endpoint: str = ""  # an http:// gateway for every call of shared/cloud/openapi.py and oss.py
    regions: str = ""  # that audits look at, separated by commas; the function's own where empty
    watchdog_url: SecretStr = SecretStr("")  # called after each self-check that found nothing
    geoip_mmdb: str = ""  # read where it is used: shared/events/geo.py

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in the environment. Raises SettingsError that names the wrong variable."""
        named = {k[len(PREFIX) :].lower(): v for k, v in environment.items() if k.startswith(PREFIX) and v}
        given = {name: value for name, value in named.items() if name not in OF_S_YAML}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            detail = error.errors()[0]
            variable = _variable(str(detail["loc"][0]))
            hint = nearest(variable, map(_variable, cls.model_fields))
            raise SettingsError(f"{variable}: {detail['msg']}{hint}") from None

    @property
    def audited_regions(self) -> list[str]:
        """The regions that `regions` names; none where it is empty."""
        return [name.strip() for name in self.regions.split(",") if name.strip()]

    def require(self, *names: str) -> None:
        """Raise SettingsError that names those variables of `names` that are not set."""
        missing = [_variable(name) for name in names if not getattr(self, name)]
        if missing:
            raise SettingsError(f"set {' and '.join(missing)} in the function's environment (see s.yaml)")


def _variable(name: str) -> str:
    return PREFIX + name.upper()
