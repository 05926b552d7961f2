"""A local Log Service (SLS) data plane that the real aliyun-log-python-sdk talks to."""

from tests.cloud.sls.faults import Fault
from tests.cloud.sls.local import LocalSls, local_sls
from tests.cloud.sls.store import StoredLog

__all__ = ["Fault", "LocalSls", "StoredLog", "local_sls"]
