"""A local Tablestore that the real SDK talks to."""

from tests.cloud.tablestore.rows import RefusalError
from tests.cloud.tablestore.server import INSTANCE, Fault, TablestoreServer

__all__ = ["INSTANCE", "Fault", "RefusalError", "TablestoreServer"]
