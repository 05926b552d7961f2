"""What audits state of load balancers: CLB, ALB and NLB."""

from __future__ import annotations

BALANCERS = {
    "balancer_listener": {
        "product": "CLB, ALB or NLB",
        "balancer": "the id of the load balancer",
        "balancer_name": "its name",
        "port": "where it listens",
        "protocol": "HTTP, HTTPS, QUIC, TCP, UDP or TCPSSL",
        "status": "as the API says, in lower case: running, stopped, …",
        "internet_facing": "whether the balancer has a public address, its own or an elastic one",
        "redirects": "of HTTP: whether all that it does is to redirect to HTTPS",
        "tls_policy": "of HTTPS and TCPSSL: the name or id of the policy; empty where the API leaves it out",
        "lowest_tls": "of HTTPS and TCPSSL: the oldest TLS that it accepts (1.0 to 1.3), or unknown",
    },
}
