from typing import get_args

from device_agent.feedback.choice import Signal
from device_agent.feedback.patterns import PATTERNS


def test_every_signal_has_a_pattern_of_its_own() -> None:
    assert set(PATTERNS) == set(get_args(Signal))
    assert len({pattern.pulses for pattern in PATTERNS.values()}) == len(PATTERNS)


def test_a_failure_is_repeated_until_it_is_over() -> None:
    assert PATTERNS["failing"].again_s is not None
