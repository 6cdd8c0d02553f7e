"""What brokers and the operating system say when something fails, in words for a log."""

import socket
import ssl

SUCCESS = 0x00
NO_MATCHING_SUBSCRIBERS = 0x10
FAILURE = 0x80
"""Reason codes from here on are refusals (MQTT 5, 2.4)."""

_CODES = {
    0x00: "success",
    0x04: "disconnect_with_will_message",
    0x10: "no_matching_subscribers",
    0x80: "unspecified_error",
    0x81: "malformed_packet",
    0x82: "protocol_error",
    0x83: "implementation_specific_error",
    0x84: "unsupported_protocol_version",
    0x85: "client_identifier_not_valid",
    0x86: "bad_user_name_or_password",
    0x87: "not_authorized",
    0x88: "server_unavailable",
    0x89: "server_busy",
    0x8A: "banned",
    0x8B: "server_shutting_down",
    0x8C: "bad_authentication_method",
    0x8D: "keep_alive_timeout",
    0x8E: "session_taken_over",
    0x8F: "topic_filter_invalid",
    0x90: "topic_name_invalid",
    0x91: "packet_identifier_in_use",
    0x92: "packet_identifier_not_found",
    0x93: "receive_maximum_exceeded",
    0x94: "topic_alias_invalid",
    0x95: "packet_too_large",
    0x96: "message_rate_too_high",
    0x97: "quota_exceeded",
    0x98: "administrative_action",
    0x99: "payload_format_invalid",
    0x9A: "retain_not_supported",
    0x9B: "qos_not_supported",
    0x9C: "use_another_server",
    0x9D: "server_moved",
    0x9E: "shared_subscriptions_not_supported",
    0x9F: "connection_rate_exceeded",
    0xA0: "maximum_connect_time",
    0xA1: "subscription_identifiers_not_supported",
    0xA2: "wildcard_subscriptions_not_supported",
}
"""MQTT 5, table 2-6: 2.4 Reason Code."""


def code_token(code: int) -> str:
    """Return the name of an MQTT 5 reason code as one word: `not_authorized`."""
    return _CODES.get(code, f"reason_0x{code:02x}")


def code_words(code: int) -> str:
    """Return the name of an MQTT 5 reason code for people: `not authorized (0x87)`."""
    return f"{code_token(code).replace('_', ' ')} (0x{code:02X})"


def puback_failure(code: int) -> str | None:
    """Return why a message reaches nobody, as one word, or None when the broker has it."""
    return None if code == SUCCESS else code_token(code)


def describe(error: OSError) -> str:
    """Return why a connection failed, in words that an operator can act on."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the broker's certificate is not accepted: {error.verify_message}"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "the broker ended TLS"
        case ssl.SSLError():
            words = (error.reason or str(error)).replace("_", " ").lower()
            return f"TLS failed: {words}"
        case socket.gaierror():
            return f"the name has no address: {error.strerror}"
        case _:
            return (error.strerror or str(error) or type(error).__name__).lower()
