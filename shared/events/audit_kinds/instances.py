"""What audits state of ECS: security groups, instances, disks and public addresses."""

from __future__ import annotations

INSTANCES = {
    "ecs_security_group": {
        "name": "its name",
        "vpc": "its VPC, empty for the classic network",
        "tags": "its tags, each as key=value",
        "open": "what it lets in from the whole internet: tcp 22 from 0.0.0.0/0",
        "ports": "the ports let in, one by one; wide ranges are not listed",
        "wide": "whether it lets in a wide range of ports, or every port",
        "instances": "the running instances in it",
        "running": "how many these are",
    },
    "ecs_exposure": {
        "name": "its name",
        "tags": "its tags, each as key=value",
        "addresses": "its public addresses; IPv6 ones count where a group is open to IPv6",
        "groups": "its security groups",
        "open": "what reaches it from the whole internet, all its groups taken together",
        "ports": "the ports, one by one; wide ranges are not listed",
        "wide": "whether a wide range of ports, or every port, reaches it",
    },
    "ecs_instance": {
        "name": "its name",
        "status": "Running, Stopped, …",
        "tags": "its tags, each as key=value",
        "image": "the id of its image",
        "addresses": "its public IPv4 addresses",
        "deletion_protection": "whether it can't be released by accident",
        "http_tokens": "required where its metadata is given only to sessions with a token; else optional",
        "metadata": "enabled, or disabled where it has no metadata service",
    },
    "ecs_image": {
        "name": "its name",
        "tags": "its tags, each as key=value",
        "image": "the id of its image",
        "image_name": "the name of its image; empty where the image is no more",
        "image_family": "the family of its image",
        "image_owner": "system, self, others or marketplace",
        "marks": "the image's id, name and family, which the team's list is compared with",
    },
    "ecs_disk": {
        "name": "its name",
        "type": "system or data",
        "encrypted": "whether it is",
        "key": "the KMS key it is encrypted with",
        "instance": "what it is attached to, empty for nothing",
    },
    "ecs_addresses": {
        "addresses": "each public address of the region, and what it belongs to",
    },
}
