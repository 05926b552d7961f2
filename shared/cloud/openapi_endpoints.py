"""Where each product's API answers: a host for product and region.

Sources: the products' "Endpoints" pages (https://api.aliyun.com/product/Ecs and its like) and the endpoint
tables of the official SDKs (https://github.com/aliyun/alibabacloud-python-sdk).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.spelling import nearest

HOSTS = {
    "Actiontrail": "actiontrail.{region}.aliyuncs.com",
    "Alb": "alb.{region}.aliyuncs.com",
    "BssOpenApi": "business.aliyuncs.com",
    "Cas": "cas.aliyuncs.com",
    "Cloudfw": "cloudfw.aliyuncs.com",
    "Cms": "metrics.{region}.aliyuncs.com",
    "CS": "cs.{region}.aliyuncs.com",
    "Ecs": "ecs.{region}.aliyuncs.com",
    "FC": "fcv3.{region}.aliyuncs.com",
    "Ims": "ims.aliyuncs.com",
    "Kms": "kms.{region}.aliyuncs.com",
    "Nlb": "nlb.{region}.aliyuncs.com",
    "Oss": "oss-{region}.aliyuncs.com",
    "Ram": "ram.aliyuncs.com",
    "Rds": "rds.{region}.aliyuncs.com",
    "ResourceCenter": "resourcecenter.aliyuncs.com",
    "ResourceManager": "resourcemanager.aliyuncs.com",
    "Sas": "tds.ap-southeast-1.aliyuncs.com",
    "Slb": "slb.{region}.aliyuncs.com",
    "Sls": "{region}.log.aliyuncs.com",
    "Sts": "sts.{region}.aliyuncs.com",
    "Tablestore": "tablestore.{region}.aliyuncs.com",
    "Vpc": "vpc.{region}.aliyuncs.com",
}
"""The rule for each product. `{region}` is filled in; a host without it serves every region."""

_CENTRAL = "cn-qingdao cn-beijing cn-hangzhou cn-shanghai cn-shenzhen cn-hongkong".split()

EXCEPTIONS: dict[tuple[str, str], str] = {
    **{("Slb", region): "slb.aliyuncs.com" for region in _CENTRAL},
    **{("Slb", region): "slb.aliyuncs.com" for region in ("ap-southeast-1", "us-west-1", "us-east-1")},
    **{("Rds", region): "rds.aliyuncs.com" for region in (*_CENTRAL, "cn-heyuan")},
    **{("Cas", region): f"cas.{region}.aliyuncs.com" for region in ("ap-southeast-1", "eu-central-1")},
}
"""Regions that a product serves from elsewhere than its rule says."""

INTERNATIONAL = {"BssOpenApi": "business.ap-southeast-1.aliyuncs.com"}
"""For accounts of alibabacloud.com, whose bills are not kept on aliyun.com."""


@dataclass(frozen=True)
class Endpoint:
    """One address. `proxy`, where set, is the gateway that the request is sent to, in the host's name."""

    host: str
    scheme: str = "https"
    proxy: str = ""


@dataclass(frozen=True)
class Endpoints:
    """`gateway` is an http:// address that takes every call instead, as an HTTP proxy does: the request still
    names its true host, so that one gateway can tell products and regions apart. `hosts` overrules HOSTS."""

    gateway: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)

    def of(self, product: str, region: str = "", bucket: str = "") -> Endpoint:
        """Where to call `product`. Raises ValueError for an unknown one, or for want of a region."""
        host = f"{bucket}.{self._host(product, region)}" if bucket else self._host(product, region)
        return self._at(host)

    def international(self, product: str) -> Endpoint:
        """Where accounts of alibabacloud.com call a product of INTERNATIONAL."""
        return self._at(INTERNATIONAL[product])

    def _at(self, host: str) -> Endpoint:
        return Endpoint(host, "http", self.gateway.rstrip("/")) if self.gateway else Endpoint(host)

    def _host(self, product: str, region: str) -> str:
        rule = self.hosts.get(product) or HOSTS.get(product)
        if rule is None:
            raise ValueError(f"no endpoint is known for the product {product}{nearest(product, HOSTS)}")
        if "{region}" in rule and not region:
            raise ValueError(f"{product} is called by region, and none was given")
        if product == "Sas" and region.startswith("cn-") and product not in self.hosts:
            return "tds.cn-shanghai.aliyuncs.com"  # Security Center has two homes: in China and outside
        exception = EXCEPTIONS.get((product, region)) if product not in self.hosts else None
        return exception or rule.format(region=region)


ENDPOINTS = Endpoints()
"""Alibaba Cloud's own."""
