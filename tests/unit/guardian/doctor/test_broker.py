"""What mends a login that failed, by its reason."""

import pytest

from guardian.doctor.broker import remedy
from guardian.doctor.installation import Party
from runtime.mqtt.address import parse_broker

PARTY = Party(role="tracker", name="tracker-1", source="agent.toml", brokers=())


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("connection refused", "ss -ltn | grep 8883"),
        ("the name has no address: Name or service not known", "getent hosts broker"),
        ("no answer within 10 s", "nc -vz broker 8883"),
        ("the broker's certificate is not accepted: Hostname mismatch", "--host broker"),
        ("the broker's certificate is not accepted: unable to get local issuer certificate",
         "another PKI"),
        ("the broker's certificate is not accepted: certificate is not yet valid", "timedatectl"),
        ("TLS failed: sslv3 alert certificate revoked", "renew tracker-1"),
        ("TLS failed: sslv3 alert certificate expired", "renew tracker-1"),
        ("TLS failed: tlsv1 alert unknown ca", "renew tracker-1"),
        ("TLS failed: wrong version number", "no TLS"),
        ("the broker refused: not authorized (0x87)", "renew tracker-1"),
        ("something unheard of", "journalctl -u guardian-broker"),
    ],
)  # fmt: skip
def test_each_reason_has_its_remedy(reason: str, words: str) -> None:
    assert words in remedy(reason, PARTY, parse_broker("mqtts://broker:8883"))
