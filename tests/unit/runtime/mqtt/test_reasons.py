"""Reasons in words."""

import errno
import os
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from runtime.mqtt import reasons


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (0x00, None),
        (0x10, "no_matching_subscribers"),
        (0x80, "unspecified_error"),
        (0x83, "implementation_specific_error"),
        (0x87, "not_authorized"),
        (0x90, "topic_name_invalid"),
        (0x91, "packet_identifier_in_use"),
        (0x97, "quota_exceeded"),
        (0x99, "payload_format_invalid"),
    ],
)
def test_what_a_puback_says(code: int, failure: str | None) -> None:
    assert reasons.puback_failure(code) == failure


@given(st.integers(1, 255))
def test_every_other_code_is_a_failure_in_one_word(code: int) -> None:
    failure = reasons.puback_failure(code)
    assert failure is not None
    assert failure.replace("_", "").isalnum()


def test_we_name_each_code_that_paho_can_read() -> None:
    """So that no reason shows as a bare number (QoS grants are not reasons)."""
    kinds = (PacketTypes.CONNACK, PacketTypes.PUBACK, PacketTypes.SUBACK, PacketTypes.DISCONNECT)
    readable = {
        code
        for code, names in ReasonCode.names.items()
        for kind in kinds
        if code > 2 and any(kind in each for each in names.values())
    }
    assert {code for code in readable if reasons.code_token(code).startswith("reason_")} == set()


def test_words_for_people() -> None:
    assert reasons.code_words(0x8E) == "session taken over (0x8E)"
    assert reasons.code_words(0xF0) == "reason 0xf0 (0xF0)"


def _error_of(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def _certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


def _tls_error() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca")
    error.reason = "TLSV1_ALERT_UNKNOWN_CA"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_error_of(errno.ECONNREFUSED), "connection refused"),
        (_error_of(errno.ENETUNREACH), "network is unreachable"),
        (TimeoutError(), "timeouterror"),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "the name has no address: Name or service not known",
        ),
        (ssl.SSLEOFError(8, "EOF"), "the broker ended TLS"),
        (_certificate_error(), "the broker's certificate is not accepted: certificate has expired"),
        (_tls_error(), "TLS failed: tlsv1 alert unknown ca"),
    ],
)
def test_errors_of_the_system(error: OSError, words: str) -> None:
    assert reasons.describe(error) == words
