"""What audits state of logs that products keep when told to."""

from __future__ import annotations

LOGS = {
    "vpc_flow_log": {
        "name": "the VPC's name",
        "kept": "whether a flow log of the whole VPC is on",
        "flow_logs": "these flow logs",
        "parts": "flow logs that are on for some of its vSwitches or interfaces only",
        "traffic": "what is kept: All, Allow, Drop",
    },
    "clb_access_log": {
        "name": "the load balancer's name",
        "project": "the project of Log Service that takes its access log, empty where none is kept",
        "logstore": "the logstore",
    },
    "alb_access_log": {
        "name": "the load balancer's name",
        "project": "the project of Log Service that takes its access log, empty where none is kept",
        "logstore": "the logstore",
    },
}
