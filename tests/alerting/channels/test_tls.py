from __future__ import annotations

import ssl

import pytest

from shared.alerting.channels.tls import client_context


@pytest.mark.parametrize("cafile", [None, ""])
def test_without_a_file_the_system_decides_and_names_are_verified(cafile):
    context = client_context(cafile)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"ca\.pem can't be read as certificates: No such file"):
        client_context(str(tmp_path / "ca.pem"))


def test_a_file_without_certificates_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(ValueError, match=r"ca\.pem can't be read as certificates"):
        client_context(str(tmp_path / "ca.pem"))
