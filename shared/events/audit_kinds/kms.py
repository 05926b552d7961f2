"""What audits state of KMS keys that the account has made itself."""

from __future__ import annotations

KMS = {
    "kms_key": {
        "description": "as the team wrote it",
        "state": "Enabled, Disabled, PendingDeletion or PendingImport",
        "deletes_at": "of a key to be deleted: when",
        "spec": "Aliyun_AES_256, RSA_2048, …",
        "usage": "ENCRYPT/DECRYPT or SIGN/VERIFY",
        "origin": "Aliyun_KMS, or EXTERNAL for imported material",
        "rotation": "Enabled, Disabled or Suspended; no field where the API does not say",
        "deletion_protection": "Enabled or Disabled; no field where the API does not say",
    },
}
