"""The fields of ActionTrail events that a rule may name.

"Management event structure", https://help.aliyun.com/document_detail/28819.html, and the index fields
of a trail's Logstore, https://www.alibabacloud.com/help/en/sls/log-fields-25. `facts` are ours.
"""

from __future__ import annotations

from shared.events.source import ANY, FieldTree

OBJECTS = frozenset(
    "userIdentity requestParameters responseElements referencedResources additionalEventData"
    " eventAttributes insightDetails".split()
)

PLAIN = (
    "eventId eventName eventSource serviceName eventTime eventType eventRW eventVersion eventCategory"
    " sourceIpAddress userAgent requestParameterJson resourceName resourceType errorCode errorMessage"
    " acsRegion requestId apiVersion isGlobal recipientAccountId vpcId sharedEventId"
).split()

FACTS = (
    "outcome opened openedPorts openedWide worldNetworks adminPolicy publicPolicy publicAcl"
    " trustedAccounts trustsAnyone tlsVersions identity user otherUser network country utcHour weekday"
    " resources"
).split()

FIELDS: FieldTree = {
    **dict.fromkeys(PLAIN),
    **dict.fromkeys(OBJECTS, ANY),
    "userIdentity": {
        **dict.fromkeys("type principalId accountId userName accessKeyId".split()),
        "sessionContext": ANY,
    },
    "facts": dict.fromkeys(FACTS),
}
