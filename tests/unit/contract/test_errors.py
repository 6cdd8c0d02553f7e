import pickle

from contract.errors import DecodeError, GuardianError


def test_a_decode_error_says_field_and_reason() -> None:
    error = DecodeError("location.lat", "Expected `float` <= 90.0")
    assert (error.field, error.reason) == ("location.lat", "Expected `float` <= 90.0")
    assert str(error) == "location.lat: Expected `float` <= 90.0"
    assert isinstance(error, GuardianError)
    assert GuardianError.__module__ == "contract.errors"
    assert pickle.loads(pickle.dumps(GuardianError("x"))).args == ("x",)
