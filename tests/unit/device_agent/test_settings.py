from pathlib import Path

import pytest

from device_agent.settings import (
    AgentSettings,
    GpioButton,
    InputEventButton,
    SerialLineButton,
    SignalButton,
    StateSettings,
)
from runtime.settings import SettingsError, load

LEAST = {
    "GUARDIAN_DEVICE": "tracker-a",
    "GUARDIAN_BROKERS": "mqtt://localhost:1",
    "GUARDIAN_SERIAL_PORT": "/dev/ttyS0",
}


def read(environ: dict[str, str] | None = None, config: Path | None = None) -> AgentSettings:
    return load(AgentSettings, environ=LEAST if environ is None else environ, config=config)


def toml(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def test_three_settings_are_enough() -> None:
    settings = read()
    assert (settings.device, settings.interval_s, settings.serial_baud) == ("tracker-a", 10.0, 9600)
    assert settings.all_buttons() == (SignalButton(),)


def test_the_file_that_enrolment_writes_is_enough(tmp_path: Path) -> None:
    config = toml(
        tmp_path,
        """
        device = "tracker-a"
        brokers = ["mqtts://broker:8883"]
        ca_file = "ca.crt"
        cert_file = "tracker.crt"
        key_file = "tracker.key"
        serial_port = "/dev/ttyUSB0"
        """,
    )
    settings = read({}, config)
    assert settings.cert_file == tmp_path / "tracker.crt"
    assert settings.brokers == ("mqtts://broker:8883",)


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("GUARDIAN_DEVICE", "Tracker A", "device id"),
        ("GUARDIAN_DEVICE", "dispatch", "reserved"),
        ("GUARDIAN_INTERVAL_S", "-1", "at least 0"),
        ("GUARDIAN_INTERVAL_S", "soon", "number"),
        ("GUARDIAN_OUTBOX_MAX_REPORTS", "3", "at least 16"),
        ("GUARDIAN_BUTTONS", "gpio", "signal"),
        ("GUARDIAN_STATE_DIR", "/" + "x" * 100, "at most 90 bytes"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    variable: str, value: str, word: str
) -> None:
    with pytest.raises(SettingsError, match=word) as caught:
        read(LEAST | {variable: value})
    assert variable in str(caught.value)


def test_fractions_and_zero_are_intervals() -> None:
    assert read(LEAST | {"GUARDIAN_INTERVAL_S": "0.25"}).interval_s == 0.25
    assert read(LEAST | {"GUARDIAN_INTERVAL_S": "0"}).interval_s == 0.0


@pytest.mark.parametrize(
    ("form", "buttons"),
    [("signal", (SignalButton(),)), ("signal-silent", (SignalButton(silent=True),)), ("none", ())],
)
def test_the_simple_form_of_a_button(form: str, buttons: tuple[SignalButton, ...]) -> None:
    assert read(LEAST | {"GUARDIAN_BUTTONS": form}).all_buttons() == buttons


def test_buttons_are_tables(tmp_path: Path) -> None:
    config = toml(
        tmp_path,
        """
        [[button]]
        type = "gpio"
        chip = "/dev/gpiochip0"
        line = 17
        bias = "pull_up"
        silent = true
        [[button]]
        type = "serial_line"
        line = "ri"
        kind = "tamper"
        hold_s = 0
        [[button]]
        type = "input_event"
        path = "/dev/input/event3"
        code = 116
        kind = "test"
        [[button]]
        type = "signal"
        """,
    )
    assert read(config=config).all_buttons() == (
        GpioButton(chip="/dev/gpiochip0", line=17, bias="pull_up", silent=True),
        SerialLineButton(line="ri", kind="tamper", hold_s=0),
        InputEventButton(path=Path("/dev/input/event3"), code=116, kind="test"),
        SignalButton(),
    )


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ('type = "gpio"\nchip = "x"', "line"),
        ('type = "lever"', "type"),
        ('type = "serial_line"\nline = "tx"', "line"),
        ('type = "input_event"\npath = "/x"\ncode = 9999', "code"),
        ('type = "signal"\nkind = "fun"', "kind"),
        ('type = "signal"\n[[button]]\ntype = "signal"', "SIGUSR1"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, table: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        read(config=toml(tmp_path, f"[[button]]\n{table}\n"))


def test_the_state_directory_is_found_in_the_agents_file(tmp_path: Path) -> None:
    config = toml(tmp_path, 'device = "tracker-a"\nstate_dir = "state"')
    found = load(StateSettings, environ={}, config=config, shared=[AgentSettings])
    assert found.state_dir == tmp_path / "state"
