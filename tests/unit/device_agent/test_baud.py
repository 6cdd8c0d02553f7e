from pathlib import Path

import pytest

from device_agent.baud import NOISE_BYTES, NOISE_S, TRY_S, USUAL, BaudSearch, recall, remember


def rates(search: BaudSearch, count: int) -> list[int]:
    """Let no sentence come; return the rates that are tried."""
    now = 0.0
    tried = [search.begin(now)]
    while len(tried) < count:
        now += 0.1
        rate = search.heard(sentences=0, noise=20, now=now)
        tried += [rate] if rate is not None else []
    return tried


def test_the_configured_rate_comes_first_then_the_last_good_one_then_the_usual_ones() -> None:
    tried = rates(BaudSearch(19200, 57600), 20)
    assert tried[:2] == [19200, 57600]
    assert tried[2:8] == [rate for rate in USUAL if rate != 57600]
    assert tried[8:10] == [19200, 57600], "and again from the beginning"


def test_a_rate_is_given_its_time() -> None:
    search = BaudSearch(9600, None)
    search.begin(10.0)
    assert search.heard(sentences=1, noise=70, now=10.0 + TRY_S - 0.01) is None
    assert search.heard(sentences=0, noise=0, now=10.0 + TRY_S) == 115200


def test_two_right_sentences_lock_the_rate() -> None:
    search = BaudSearch(9600, None)
    search.begin(0.0)
    assert search.heard(sentences=1, noise=70, now=1.0) is None
    assert not search.locked
    assert search.heard(sentences=1, noise=70, now=2.0) is None
    assert search.locked


def test_sentences_of_two_rates_do_not_add_up() -> None:
    search = BaudSearch(9600, None)
    search.begin(0.0)
    search.heard(sentences=1, noise=0, now=1.0)
    assert search.heard(sentences=0, noise=0, now=TRY_S) == 115200
    search.heard(sentences=1, noise=0, now=TRY_S + 0.1)
    assert not search.locked


def locked() -> BaudSearch:
    search = BaudSearch(9600, None)
    search.begin(0.0)
    search.heard(sentences=5, noise=300, now=1.0)
    assert search.locked
    return search


def test_a_locked_rate_is_never_left_because_of_silence() -> None:
    search = locked()
    assert search.heard(sentences=0, noise=0, now=1e6) is None
    assert search.heard(sentences=0, noise=NOISE_BYTES - 1, now=2e6) is None, "a line's noise"
    assert search.locked


def test_a_receiver_that_was_reset_to_another_rate_is_searched_again() -> None:
    search = locked()
    assert search.heard(sentences=0, noise=NOISE_BYTES, now=1.0 + NOISE_S - 0.1) is None
    assert search.heard(sentences=0, noise=10, now=1.0 + NOISE_S) == 9600
    assert not search.locked


def test_a_sentence_between_noise_keeps_the_rate() -> None:
    search = locked()
    for second in range(2, 200):
        assert search.heard(sentences=second % 20 == 0, noise=500, now=float(second)) is None


def test_the_rate_outlives_the_agent(tmp_path: Path) -> None:
    assert recall(tmp_path) is None
    remember(tmp_path, 38400)
    assert recall(tmp_path) == 38400
    assert (tmp_path / "baud").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "fast", "-9600", "1", "99999999999", "\x00"])
def test_a_damaged_file_is_no_rate(tmp_path: Path, text: str) -> None:
    (tmp_path / "baud").write_text(text)
    assert recall(tmp_path) is None
