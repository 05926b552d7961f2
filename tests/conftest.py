"""Fixtures for every test: the local cloud."""

from tests.cloud.openapi import local_openapi
from tests.cloud.sls import local_sls

__all__ = ["local_openapi", "local_sls"]
