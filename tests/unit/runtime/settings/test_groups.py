import pytest

from runtime.settings import BrokerSettings, LogSettings, MetricsSettings, SettingsError, load

TLS = {
    "GUARDIAN_CA_FILE": "ca.pem",
    "GUARDIAN_CERT_FILE": "cert.pem",
    "GUARDIAN_KEY_FILE": "key.pem",
}


def _brokers(text: str) -> tuple[str, ...]:
    return load(BrokerSettings, environ={"GUARDIAN_BROKERS": text, **TLS}).brokers


def test_logging_has_defaults() -> None:
    assert load(LogSettings, environ={}) == LogSettings(log_level="info", log_form="auto")


def test_brokers_come_in_order_of_preference() -> None:
    assert _brokers("mqtts://a.example:8883, mqtt://[::1]:1883") == (
        "mqtts://a.example:8883",
        "mqtt://[::1]:1883",
    )


@pytest.mark.parametrize(
    "url",
    [
        "a.example:8883",
        "https://a.example:8883",
        "mqtts://a.example",
        "mqtts://:8883",
        "mqtts://a.example:0",
        "mqtts://a.example:99999",
        "mqtts://a.example:port",
        "mqtts://me:secret@a.example:8883",
        "mqtts://a.example:8883/path",
    ],
)
def test_what_is_no_broker_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="expected mqtts://host:port"):
        _brokers(url)


def test_at_least_one_broker_is_needed() -> None:
    with pytest.raises(SettingsError, match="at least one broker"):
        _brokers(",")


def test_tls_needs_an_authority() -> None:
    with pytest.raises(SettingsError, match="GUARDIAN_CA_FILE: is required for mqtts"):
        load(BrokerSettings, environ={"GUARDIAN_BROKERS": "mqtts://a:1"})
    assert load(BrokerSettings, environ={"GUARDIAN_BROKERS": "mqtt://a:1"}).ca_file is None


@pytest.mark.parametrize("missing", ["GUARDIAN_CERT_FILE", "GUARDIAN_KEY_FILE"])
def test_certificate_and_key_belong_together(missing: str) -> None:
    environ = {"GUARDIAN_BROKERS": "mqtts://a:1", **TLS}
    del environ[missing]
    with pytest.raises(SettingsError, match="belong together"):
        load(BrokerSettings, environ=environ)


def test_metrics_are_shown_where_they_are_asked_for() -> None:
    assert load(MetricsSettings, environ={}).metrics_address is None
    bound = load(MetricsSettings, environ={"GUARDIAN_METRICS_BIND": "[::1]:9101"})
    assert bound.metrics_address == ("::1", 9101)
    with pytest.raises(SettingsError, match=r"GUARDIAN_METRICS_BIND.*host:port"):
        load(MetricsSettings, environ={"GUARDIAN_METRICS_BIND": "9101"})
