import msgspec
import pytest

from broker_config.mosquitto import MAX_PACKET_BYTES, MosquittoSettings, configuration
from contract.limits import MAX_PAYLOAD_BYTES
from contract.topics import TOPICS

# Options of mosquitto.conf(5) of 2.0.11 that Guardian uses; later versions know them all.
KNOWN = {
    "user", "pid_file", "log_dest", "log_type", "log_timestamp_format", "connection_messages",
    "persistence", "per_listener_settings", "set_tcp_nodelay", "max_packet_size",
    "max_queued_messages", "max_queued_bytes", "max_inflight_messages",
    "persistent_client_expiration", "max_keepalive", "listener", "max_connections",
    "allow_anonymous", "allow_zero_length_clientid", "tls_version", "certfile", "keyfile", "cafile",
    "crlfile", "require_certificate", "use_identity_as_username", "acl_file",
    "use_username_as_clientid",
}  # fmt: skip
SETTINGS = MosquittoSettings(folder="/etc/guardian", user="mosquitto")


def options(text: str) -> list[tuple[str, str]]:
    pairs = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, value) for name, value in pairs]


def listener(number: int) -> dict[str, str]:
    """Return the options of the first or second listener."""
    every = options(configuration(SETTINGS))
    starts = [n for n, (name, _) in enumerate(every) if name == "listener"]
    assert len(starts) == 2
    end = starts[number + 1] if number == 0 else len(every)
    return dict(every[starts[number] : end])


def test_only_options_that_every_supported_version_knows() -> None:
    """An unknown option keeps Mosquitto from starting."""
    assert {name for name, _ in options(configuration(SETTINGS))} == KNOWN


def test_an_open_door_is_nowhere() -> None:
    """Each listener wants a certificate and has its own authority, lists and rights."""
    for number, prefix in enumerate(("trackers", "services")):
        door = listener(number)
        assert door["allow_anonymous"] == "false"
        assert door["require_certificate"] == "true"
        assert door["use_identity_as_username"] == "true"
        assert door["tls_version"] == "tlsv1.2"
        assert door["cafile"] == f"/etc/guardian/{prefix}-ca.crt"
        assert door["crlfile"] == f"/etc/guardian/{prefix}.crl"
        assert door["acl_file"] == f"/etc/guardian/{prefix}.acl"


def test_a_trackers_client_id_is_its_certificates_name() -> None:
    """Services choose theirs: they have several sessions."""
    assert listener(0)["use_username_as_clientid"] == "true"
    assert "use_username_as_clientid" not in listener(1)


def test_nothing_is_kept_on_disk_and_nothing_is_unbounded() -> None:
    """In Mosquitto 0 means no bound."""
    found = dict(options(configuration(SETTINGS)))
    assert found["persistence"] == "false"
    assert found["set_tcp_nodelay"] == "true"
    assert found["per_listener_settings"] == "true"
    for name in ("max_queued_messages", "max_queued_bytes", "max_inflight_messages"):
        assert int(found[name]) > 0


def test_the_largest_message_fits() -> None:
    """Fixed header (5), topic with its length (2), packet id (2), properties."""
    longest = max(len(each.of("x" * 64)) for each in TOPICS)
    assert 5 + 2 + longest + 2 + 256 < MAX_PACKET_BYTES - MAX_PAYLOAD_BYTES


def test_ports_and_addresses_are_those_of_the_settings() -> None:
    """Without an address the listener takes every interface."""
    text = configuration(
        MosquittoSettings(
            folder="/x", user="u", tracker_port=1, service_port=2, service_address="10.0.0.1"
        )
    )
    assert [value for name, value in options(text) if name == "listener"] == ["1", "2 10.0.0.1"]


def test_the_options_of_the_process_stand_before_the_first_listener() -> None:
    """After a listener an option would belong to it."""
    names = [name for name, _ in options(configuration(SETTINGS))]
    assert names.index("per_listener_settings") < names.index("listener")
    assert names.index("max_keepalive") < names.index("listener")


@pytest.mark.parametrize(
    "change", [{"user": "a\nallow_anonymous true"}, {"folder": "/x\r"}, {"tracker_address": "::\n"}]
)
def test_a_line_break_in_a_value_is_refused(change: dict[str, str]) -> None:
    """It would be an option of its own."""
    with pytest.raises(ValueError, match="line break"):
        msgspec.structs.replace(SETTINGS, **change)


@pytest.mark.parametrize("change", [{"max_queued_messages": 0}, {"max_queued_bytes": 0}])
def test_a_queue_without_a_bound_is_refused(change: dict[str, int]) -> None:
    """One absent session would take all memory."""
    with pytest.raises(ValueError, match="bound"):
        msgspec.structs.replace(SETTINGS, **change)


def test_lines_end_before_the_hundredth_column() -> None:
    """People read this file on a console."""
    assert max(map(len, configuration(SETTINGS).splitlines())) <= 100
