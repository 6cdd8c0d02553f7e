"""Who would be alerted when: the ladder carried out on paper, for an instant and a place. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatcher.routing import ALWAYS, Routing


@dataclass(frozen=True)
class Line:
    """One step of a production incident raised at the instant: whom it would reach."""

    step: int
    after_s: int
    channels: tuple[str, ...]
    roles: tuple[str, ...]
    reason: str


def preview(routing: Routing, at: int, jurisdiction: str | None) -> Iterator[Line]:
    """Yield the steps of an incident raised at `at` (ms since 1970 UTC) and the first repetition.

    Each is asked at the instant at which it would fire.
    """
    ladder = routing.ladder
    for number in range(ladder.last + 2):
        due_at = ladder.due_at(at, number)
        call = ladder.call(number, due_at)
        names = routing.called("production", "escalated", call)
        chosen = [name for name in routing.responsible(names, jurisdiction) if name not in ALWAYS]
        yield Line(
            step=number,
            after_s=(due_at - at) // 1000,
            channels=tuple(chosen),
            roles=tuple(sorted(call.roles)),
            reason=call.reason,
        )
