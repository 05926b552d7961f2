"""Where each product's API answers: a host for product and region.

From the products' "Endpoints" pages (the API references on https://www.alibabacloud.com/help have one each,
such as vpc/developer-reference/api-vpc-2016-04-28-endpoint), or else the tables of the official SDKs.
"""

from __future__ import annotations

from dataclasses import dataclass

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

_RDS = "cn-qingdao cn-beijing cn-hangzhou cn-shanghai cn-shenzhen cn-heyuan cn-hongkong".split()

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("Cloudfw", "ap-southeast-1"): "cloudfw.ap-southeast-1.aliyuncs.com",
    ("Slb", "cn-hangzhou"): "slb.aliyuncs.com",
    **{("Rds", region): "rds.aliyuncs.com" for region in _RDS},
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
    names its true host, so that one gateway can tell products and regions apart."""

    gateway: str = ""

    def of(self, product: str, region: str = "", bucket: str = "") -> Endpoint:
        """Where to call `product`. Raises ValueError for an unknown one, or for want of a region."""
        host = _host(product, region)
        return self._at(f"{bucket}.{host}" if bucket else host)

    def international(self, product: str) -> Endpoint:
        """Where accounts of alibabacloud.com call a product of INTERNATIONAL."""
        return self._at(INTERNATIONAL[product])

    def _at(self, host: str) -> Endpoint:
        return Endpoint(host, "http", self.gateway.rstrip("/")) if self.gateway else Endpoint(host)


ENDPOINTS = Endpoints()
"""Alibaba Cloud's own."""


def _host(product: str, region: str) -> str:
    rule = HOSTS.get(product)
    if rule is None:
        raise ValueError(f"no endpoint is known for the product {product}{nearest(product, HOSTS)}")
    if "{region}" in rule and not region:
        raise ValueError(f"{product} is called by region, and none was given")
    if product == "Sas" and region.startswith("cn-"):
        return "tds.cn-shanghai.aliyuncs.com"  # Security Center has two homes: in China and outside
    return EXCEPTIONS.get((product, region)) or rule.format(region=region)
