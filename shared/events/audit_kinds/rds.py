"""What audits state of RDS instances."""

from __future__ import annotations

_INSTANCE = {"name": "as the team calls it", "engine": "MySQL, PostgreSQL, SQLServer, MariaDB"}

RDS = {
    "rds_whitelist": {
        **_INSTANCE,
        "world": "entries of the whitelists that let in the whole internet",
        "groups": "the names of the whitelists that have such an entry",
        "entries": "how many entries there are in all",
    },
    "rds_address": {
        **_INSTANCE,
        "public": "whether there is a public endpoint",
        "endpoints": "the public endpoints, each a host name with its port",
    },
    "rds_ssl": {
        **_INSTANCE,
        "ssl": "on or off",
        "expires": "when the server certificate expires; empty where SSL is off",
    },
    "rds_sql_audit": {
        **_INSTANCE,
        "sql_audit": "on or off",
    },
}
