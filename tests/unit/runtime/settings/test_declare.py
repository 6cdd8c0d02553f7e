from dataclasses import FrozenInstanceError, dataclass

import pytest

from contract.errors import GuardianError
from runtime.settings import SettingsError, setting
from runtime.settings.declare import declared


@dataclass(frozen=True, kw_only=True)
class Base:
    url: str = setting("INFLUXDB_V2_URL", default="http://localhost:8086", help="where")


@dataclass(frozen=True, kw_only=True)
class Derived(Base):
    count: int = setting("GUARDIAN_COUNT", minimum=1)


def test_fields_of_base_types_come_first() -> None:
    assert [each.variable for each in declared(Derived)] == ["INFLUXDB_V2_URL", "GUARDIAN_COUNT"]


def test_the_key_is_the_variable_in_lower_case_without_guardian() -> None:
    assert [each.key for each in declared(Derived)] == ["influxdb_v2_url", "count"]


def test_a_setting_without_a_default_is_required() -> None:
    assert [each.required for each in declared(Derived)] == [False, True]
    with pytest.raises(TypeError):
        Derived()


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Derived(count=1).count = 2  # type: ignore[misc]


def test_a_field_that_is_no_setting_is_our_own_bug() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Wrong:
        plain: int = 0

    with pytest.raises(TypeError, match=r"Wrong\.plain is not declared as a setting"):
        declared(Wrong)


def test_the_error_lists_its_problems() -> None:
    error = SettingsError(["a", "b"])
    assert isinstance(error, GuardianError)
    assert error.problems == ("a", "b")
    assert str(error) == "a\nb"
