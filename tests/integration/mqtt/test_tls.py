"""TLS with certificates on both sides, against a real Mosquitto."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime.clock import SystemClock
from tests.integration.mqtt.authority import Authority, Certified
from tests.integration.mqtt.conftest import Broker, MakeBroker, MakeLink

pytestmark = pytest.mark.integration

PAST = datetime(2001, 1, 1, tzinfo=UTC)
BUILT = datetime(2024, 3, 1, tzinfo=UTC)


class EarlyClock(SystemClock):
    """A board without a battery: monotonic time runs, the calendar stands in 1970."""

    def now_ms(self) -> int:
        return 5_000


@pytest.fixture
def tls_broker(broker: MakeBroker, authority: Authority) -> Callable[..., Broker]:
    """Start a broker that asks for certificates, with one of its own for these hosts."""

    def start(
        *hosts: str, url_host: str = "localhost", more: tuple[str, ...] = (), **validity: Any
    ) -> Broker:
        server = authority.certify("server", *(hosts or ("localhost",)), **validity)
        lines = [
            f"cafile {authority.ca_file}",
            f"certfile {server.cert_file}",
            f"keyfile {server.key_file}",
            "require_certificate true",
            "use_identity_as_username true",
        ]
        return broker(*lines, *more, scheme="mqtts", host=url_host, anonymous=False)

    return start


@pytest.fixture
def tracker(authority: Authority) -> dict[str, Path]:
    """The files of a tracker, as settings name them."""
    return _files(authority, authority.certify("tracker-1"))


def _files(authority: Authority, certified: Certified) -> dict[str, Path]:
    return {
        "ca_file": authority.ca_file,
        "cert_file": certified.cert_file,
        "key_file": certified.key_file,
    }


def test_there_and_back(
    tls_broker: Callable[..., Broker], link: MakeLink, tracker: dict[str, Path]
) -> None:
    each, recorder = link(tls_broker().url, subscriptions=["t/#"], **tracker)
    recorder.until_up()
    each.publish("t/1", bytes(100_000))
    message = recorder.until_message()
    assert message.payload == bytes(100_000)
    assert each.acknowledge(message)
    each.stop()
    assert recorder.downs == [(1, "stopped")]


def test_many_messages_in_both_directions(
    tls_broker: Callable[..., Broker], link: MakeLink, tracker: dict[str, Path]
) -> None:
    """Several TLS records lie in one read, and paho sees one packet at a time."""
    each, recorder = link(
        tls_broker(more=("max_inflight_messages 1000",)).url,
        subscriptions=["t/#"],
        receive_maximum=1000,
        **tracker,
    )
    recorder.until_up()
    total = 1000
    for number in range(total):
        each.publish("t/1", b"%d" % number + bytes(500))
    recorder.until(lambda: len(recorder.messages) == total, "all messages", 10.0)
    assert [int(each.rstrip(b"\0")) for each in recorder.payloads()] == list(range(total))


def test_an_address_instead_of_a_name(
    tls_broker: Callable[..., Broker], link: MakeLink, tracker: dict[str, Path]
) -> None:
    _, recorder = link(tls_broker("127.0.0.1", url_host="127.0.0.1").url, **tracker)
    recorder.until_up()


Refused = Callable[..., str]


@pytest.fixture
def refused(link: MakeLink, broker: MakeBroker, caplog: pytest.LogCaptureFixture) -> Refused:
    """Return why a link could not reach its first broker; a second one, plain, shows when."""

    def why(url: str, **how: Any) -> str:
        plain = broker()
        _, recorder = link(url, plain.url, **how)
        assert recorder.until_up().broker == plain.url
        fields = [getattr(each, "fields", {}) for each in caplog.records]
        (reason,) = [each["reason"] for each in fields if each.get("broker") == url]
        return str(reason)

    return why


def test_a_broker_certified_by_somebody_else(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path], tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    reason = refused(tls_broker().url, **{**tracker, "ca_file": stranger.ca_file})
    assert reason.startswith("the broker's certificate is not accepted: ")
    assert "issuer" in reason or "self-signed" in reason or "signature" in reason


def test_a_broker_of_another_name(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path]
) -> None:
    reason = refused(tls_broker("other.example").url, **tracker)
    assert reason == (
        "the broker's certificate is not accepted: "
        "Hostname mismatch, certificate is not valid for 'localhost'."
    )


def test_an_expired_broker(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path]
) -> None:
    reason = refused(tls_broker(not_after=PAST).url, **tracker)
    assert reason == "the broker's certificate is not accepted: certificate has expired"


def test_a_client_without_certificate(
    tls_broker: Callable[..., Broker], refused: Refused, authority: Authority
) -> None:
    reason = refused(tls_broker().url, ca_file=authority.ca_file)
    assert "certificate required" in reason or "handshake failure" in reason


def test_a_client_of_another_authority(
    tls_broker: Callable[..., Broker], refused: Refused, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    certified = stranger.certify("tracker-1")
    how = {**_files(stranger, certified), "ca_file": authority.ca_file}
    assert "TLS failed: tlsv1 alert unknown ca" in refused(tls_broker().url, **how)


def test_a_file_that_is_missing(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path], tmp_path: Path
) -> None:
    missing = tmp_path / "none.pem"
    reason = refused(tls_broker().url, **{**tracker, "ca_file": missing})
    assert reason == f"{missing}: no usable authority: no such file or directory"


def test_a_broker_without_tls(
    broker: MakeBroker, refused: Refused, tracker: dict[str, Path]
) -> None:
    reason = refused(f"mqtts://localhost:{broker().port}", **tracker)
    assert reason.startswith(("TLS failed: ", "the broker ended TLS", "connection reset"))


def test_a_board_in_1970_takes_a_broker_whose_dates_it_cannot_judge(
    tls_broker: Callable[..., Broker],
    link: MakeLink,
    tracker: dict[str, Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = tls_broker(not_after=PAST).url
    each, recorder = link(url, not_before=BUILT, clock=EarlyClock(), **tracker)
    recorder.until_up()
    assert each.clock_distrusted
    each.drop("again")
    recorder.until_up(2)
    told = [each.message for each in caplog.records].count("mqtt_clock_distrusted")
    assert told == 1


def test_a_board_in_1970_still_refuses_a_stranger(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path], tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    how: dict[str, Any] = {**tracker, "ca_file": stranger.ca_file}
    reason = refused(tls_broker().url, not_before=BUILT, clock=EarlyClock(), **how)
    assert reason.startswith("the broker's certificate is not accepted: ")


def test_a_board_in_1970_still_refuses_another_name(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path]
) -> None:
    url = tls_broker("other.example").url
    reason = refused(url, not_before=BUILT, clock=EarlyClock(), **tracker)
    assert "Hostname mismatch" in reason


def test_with_the_right_time_dates_count(
    tls_broker: Callable[..., Broker], refused: Refused, tracker: dict[str, Path]
) -> None:
    reason = refused(tls_broker(not_after=PAST).url, not_before=BUILT, **tracker)
    assert "certificate has expired" in reason
