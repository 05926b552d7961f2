"""Fixtures for every test: the local cloud."""

from tests.cloud.sls import local_sls

__all__ = ["local_sls"]
