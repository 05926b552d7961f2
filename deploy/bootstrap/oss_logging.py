"""OSS access logs in real time: a collection policy of Log Service (CloudLens for OSS).

It collects into a project of the service's own making and hands on to our logstore, which the OSS function's
trigger reads. The API: https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-upsertcollectionpolicy
(it documents no RAM action, so none can be granted or named).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deploy.bootstrap.cloud import Cloud
from deploy.bootstrap.compare import lacking
from deploy.bootstrap.logstores import RETENTION
from deploy.bootstrap.plan import Found, Resource
from deploy.vars import Names

ALL = "all"
POLICY = "trailguard-oss-access"
SERVICE_ROLE, SERVICE = "AliyunServiceRoleForSLSAudit", "audit.log.aliyuncs.com"


@dataclass(frozen=True)
class OssAccessLogs(Resource):
    """The policy that collects the access logs of these buckets, or of `all` of the region."""

    kind = "OSS access logs"
    names: Names
    buckets: tuple[str, ...]

    @property
    def name(self) -> str:
        """The policy's name."""
        return POLICY

    def find(self, cloud: Cloud) -> Found | None:
        """See Resource.find."""
        told = cloud.log.look("get_collection_policy", POLICY)
        return told and dict(told["collectionPolicy"])

    def described(self) -> Iterable[str]:
        """See Resource.described."""
        yield f"of {', '.join(self.buckets)}, to {self.names.project}/{self.names.oss_access_logstore}"

    def differences(self, found: Found) -> Iterable[str]:
        """See Resource.differences."""
        return lacking(self._policy(), found)

    def create(self, cloud: Cloud) -> None:
        """See Resource.create."""
        cloud.log.call("upsert_collection_policy", self._policy())

    def change(self, cloud: Cloud, found: Found) -> None:
        """See Resource.change."""
        self.create(cloud)

    def delete(self, cloud: Cloud, found: Found) -> None:
        """See Resource.delete: what was collected stays."""
        cloud.log.call("delete_collection_policy", POLICY)

    def _policy(self) -> dict[str, Any]:
        chosen: dict[str, Any] = {"resourceMode": "instanceMode", "instanceIds": sorted(self.buckets)}
        if ALL in self.buckets:
            chosen = {"resourceMode": "attributeMode", "regions": [self.names.region]}
        return {
            "policyName": POLICY,
            "productCode": "oss",
            "dataCode": "access_log",
            "enabled": True,
            "policyConfig": chosen,
            "centralizeEnabled": True,
            "centralizeConfig": {
                "destRegion": self.names.region,
                "destProject": self.names.project,
                "destLogstore": self.names.oss_access_logstore,
                "destTTL": RETENTION,
            },
        }
