"""What operators do together: notes, who has it, which unit goes, one case of two."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response

from contract import codec
from contract.ids import UUID_PATTERN
from contract.messages import ShortText
from dispatcher.accounts import Identity
from dispatcher.answers import IncidentDetail
from dispatcher.api.incidents import MISSING, PROBLEMS, REFUSED, Act, Id, desk_of, one_line, role_of
from dispatcher.api.security import Reader, Writer
from dispatcher.api.structs import Body, answer, answers, takes
from dispatcher.incident.states import OperatorEvent
from dispatcher.instruction_cards import Card, Cards

_Step = TypeVar("_Step", bound=Callable[..., Response])
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Noting(msgspec.Struct, frozen=True, kw_only=True):
    """What the next operator must know."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Giving(msgspec.Struct, frozen=True, kw_only=True):
    """To whom, or to which station or unit; `instead_of`: who or what you have seen there."""

    to: Name
    instead_of: Name | None = None
    note: ShortText | None = None


class Transferring(msgspec.Struct, frozen=True, kw_only=True):
    """To which jurisdiction, by its id."""

    to: Name
    note: ShortText | None = None


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """The other incident; a merge goes on there."""

    incident: Annotated[str, msgspec.Meta(pattern=UUID_PATTERN)]
    note: ShortText | None = None


KINDS = (Noting, Giving, Transferring, Joining, Card)

router = APIRouter(prefix="/api/v1/incidents/{incident}", tags=["incidents"], responses=PROBLEMS)


def _do(
    request: Request, writer: Identity, incident: str, event: OperatorEvent, **what: Any
) -> Response:
    note = one_line(what.pop("note", None))
    return answer(
        desk_of(request).act(incident, event, writer.name, role=role_of(writer), note=note, **what)
    )


def _route(path: str, summary: str, kind: Any) -> Callable[[_Step], _Step]:
    return router.post(
        path,
        summary=summary,
        responses=answers(IncidentDetail) | REFUSED,
        openapi_extra=takes(kind),
    )


@_route("/notes", "Write a line into the history, also of a closed incident", Noting)
def note(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """The note is shown to everybody who works on it."""
    return _do(request, writer, incident, "note", note=codec.decode(Noting, body).note)


@_route("/hand-over", "Give it to somebody else, or take it from who has it", Giving)
def hand_over(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """Who does not have it names who does, as `instead_of`."""
    giving = codec.decode(Giving, body)
    return _do(
        request, writer, incident, "hand_over",
        target=giving.to, instead_of=giving.instead_of, note=giving.note,
    )  # fmt: skip


@_route("/assign", "Note which station or unit it is for", Giving)
def assign(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """Another one is replaced only where `instead_of` names it."""
    giving = codec.decode(Giving, body)
    return _do(
        request, writer, incident, "assign",
        target=giving.to, instead_of=giving.instead_of, note=giving.note,
    )  # fmt: skip


@_route("/link", "Note that two incidents belong together; both go on", Joining)
def link(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """Either shows the other's id."""
    joining = codec.decode(Joining, body)
    return _do(request, writer, incident, "link", target=joining.incident, note=joining.note)


@_route("/merge", "Let this incident go into another one, which is answered", Joining)
def merge(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """This one is closed as a duplicate and says where it went; what waited in it waits there."""
    joining = codec.decode(Joining, body)
    return _do(request, writer, incident, "merge", target=joining.incident, note=joining.note)


@_route(
    "/transfer", "Ask another jurisdiction to take it; it stays here until they do", Transferring
)
def transfer(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """Not accepted within a minute, it comes back and alerts."""
    moving = codec.decode(Transferring, body)
    return _do(request, writer, incident, "transfer", target=moving.to, note=moving.note)


def _answer_transfer(path: str, event: OperatorEvent, summary: str) -> None:
    def step(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
        act = codec.decode(Act, body or b"{}")
        return _do(request, writer, incident, event, note=act.note)

    router.add_api_route(
        path,
        step,
        methods=["POST"],
        summary=summary,
        operation_id=f"{event}_transfer",
        responses=answers(IncidentDetail) | REFUSED,
        openapi_extra={"requestBody": takes(Act)["requestBody"] | {"required": False}},
    )


@router.get("/card", responses=answers(Card) | MISSING)
def card(request: Request, _reader: Reader, incident: Id) -> Response:
    """Return the instruction card of an incident's kind, as pieces of text."""
    cards: Cards = request.app.state.cards
    return answer(cards.card(desk_of(request).incident(incident).kind or "button"))


_answer_transfer("/accept", "accept", "Accept a transfer: you have it now")
_answer_transfer("/decline", "decline", "Send a transfer back; it alerts there")
