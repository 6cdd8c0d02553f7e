import pytest

from contract.ids import uuid7
from contract.limits import MAX_STATUS_COMMANDS
from contract.messages import Command
from device_agent.commands import REMEMBERED, CommandBook, Verdict
from tests.unit.device_agent.fakes import moment

AT = moment(0.0).wall_ms


def command(number: int = 1, **fields: int | str) -> Command:
    values = {"command_id": uuid7(AT, number.to_bytes(10, "big")), "at": AT, "action": "report"}
    return Command(**(values | fields))  # type: ignore[arg-type]


def judge(book: CommandBook, given: Command, now: float = 0.0, *, lies: bool = False) -> Verdict:
    return book.judge(given, moment(now), clock_lies=lies)


def test_a_new_command_is_carried_out_and_then_seen() -> None:
    book = CommandBook()
    assert judge(book, command()) == "carry_out"
    book.carried_out(command().command_id)
    assert judge(book, command()) == "seen"
    assert judge(book, command(2)) == "carry_out"


@pytest.mark.parametrize(("now", "verdict"), [(60.0, "carry_out"), (60.1, "expired")])
def test_an_old_command_is_not_carried_out(now: float, verdict: Verdict) -> None:
    assert judge(CommandBook(), command(expires_s=60), now) == verdict


def test_a_clock_that_lies_does_not_judge_a_command_old() -> None:
    assert judge(CommandBook(), command(expires_s=60), 1e6, lies=True) == "carry_out"


def test_an_interval_needs_its_number() -> None:
    assert judge(CommandBook(), command(action="interval")) == "incomplete"
    assert judge(CommandBook(), command(action="interval", interval_s=0)) == "carry_out"


def test_status_names_the_last_eight_and_more_are_remembered() -> None:
    book = CommandBook()
    ids = [command(number).command_id for number in range(REMEMBERED)]
    for each in ids:
        named = book.carried_out(each)
    assert named == ids[-MAX_STATUS_COMMANDS:]
    assert judge(book, command(0)) == "seen"
