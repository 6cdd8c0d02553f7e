"""The incidents: what is open, one in full, and what an operator does about it."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from contract import codec
from contract.errors import DecodeError
from contract.ids import UUID_PATTERN
from contract.limits import MAX_TEXT_CHARS
from contract.messages import Disposition, IncidentClass, IncidentState, ShortText
from contract.plain_text import plain
from dispatcher.accounts import Identity
from dispatcher.answers import CallOpening, Changes, IncidentDetail, IncidentFilter, IncidentPage
from dispatcher.api.problems import MEDIA_TYPE
from dispatcher.api.security import Reader, Writer
from dispatcher.api.structs import Body, answer, answers, takes
from dispatcher.desk import Desk
from dispatcher.errors import UnknownIncidentError
from dispatcher.incident.states import OperatorEvent, Person

if TYPE_CHECKING:
    from runtime.clock import Clock

MAX_TIME_MS = 2**53
MAX_PAGE = 200
"""As many incidents as fit into a quarter of a megabyte."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A call to the emergency number, as the operator has heard it: at least one of its fields."""

    origin: Annotated[str, msgspec.Meta(pattern="^call$", description="always `call`")]
    device: Annotated[str, msgspec.Meta(max_length=63)] | None = None
    phone: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    case_number: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    note: ShortText | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator adds to a step."""

    note: ShortText | None = None


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """How an incident ended; `other` needs a note."""

    disposition: Disposition
    note: ShortText | None = None


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """All that a console must show; `now` is our clock, ms since 1970 UTC."""

    now: int
    items: list[IncidentDetail]


KINDS = (Changes, IncidentPage, IncidentDetail, Opening, Act, Closing, Board)

_PROBLEM: dict[str, Any] = {
    "description": "Problem details (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 403, 422, 503), _PROBLEM)
MISSING: dict[int | str, dict[str, Any]] = {404: _PROBLEM}
REFUSED: dict[int | str, dict[str, Any]] = {404: _PROBLEM, 409: _PROBLEM}

router = APIRouter(prefix="/api/v1", tags=["incidents"], responses=PROBLEMS)


def desk_of(request: Request) -> Desk:
    """Return the desk that answers."""
    desk: Desk = request.app.state.desk
    return desk


def role_of(identity: Identity) -> Person:
    """Return as whom somebody acts who may write: a program acts as an operator."""
    return "supervisor" if "supervisor" in identity.roles else "operator"


def _known_form(incident: str) -> str:
    """Let through what can be an id; the database sees nothing else."""
    if not re.match(UUID_PATTERN, incident):
        raise UnknownIncidentError(f"there is no incident {incident[:80]!r}")
    return incident


Id = Annotated[str, Depends(_known_form)]


def _filter(
    class_: Annotated[IncidentClass | None, Query(alias="class")] = None,
    device: Annotated[str | None, Query(max_length=63)] = None,
    jurisdiction: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[int | None, Query(ge=0, le=MAX_TIME_MS)] = None,
) -> IncidentFilter:
    """Take what narrows a list; `since`: opened then or later, ms since 1970."""
    for name, value in (("device", device), ("jurisdiction", jurisdiction)):
        if value is not None and not value.isprintable():
            raise DecodeError(name, "is not printable")
    return IncidentFilter(class_=class_, device=device, jurisdiction=jurisdiction, since=since)


Narrowed = Annotated[IncidentFilter, Depends(_filter)]


@router.get("/incidents", responses=answers(IncidentPage) | {400: _PROBLEM})
def page(
    request: Request,
    _reader: Reader,
    only: Narrowed,
    state: IncidentState | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Response:
    """List incidents, newest first, all states or one; `next` continues, null at the end."""
    return answer(desk_of(request).incidents(state, cursor, limit, only))


@router.get("/changes", responses=answers(Changes) | {400: _PROBLEM})
def changes(
    request: Request,
    _reader: Reader,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Response:
    """List what happened, oldest first, for a day back; ask again with `next`: none is skipped."""
    return answer(desk_of(request).changes(cursor, limit))


@router.post(
    "/incidents",
    status_code=201,
    responses=answers(IncidentDetail, 201, "Opened, or joined to the tracker's open one"),
    openapi_extra=takes(Opening),
)
def open_from_call(request: Request, writer: Writer, body: Body) -> Response:
    """Open an incident from a call, or join the one that is open for this tracker."""
    opening = codec.decode(Opening, body)
    call = CallOpening(
        device=opening.device,
        phone=opening.phone,
        case_number=opening.case_number,
        note=one_line(opening.note),
    )
    if call == CallOpening():
        raise DecodeError("device", "say who calls: device, phone, case_number or note")
    detail = desk_of(request).open_from_call(call, writer.name)
    return answer(detail, 201, {"Location": f"/api/v1/incidents/{detail.id}"})


@router.get("/incidents/{incident}", responses=answers(IncidentDetail) | MISSING)
def one(request: Request, _reader: Reader, incident: Id) -> Response:
    """Return one incident in full; its position only while it is open."""
    return answer(desk_of(request).incident(incident))


@router.get("/board", responses=answers(Board))
def board(request: Request, _reader: Reader) -> Response:
    """Return the open incidents, and those that ended before anybody had seen them."""
    clock: Clock = request.app.state.clock
    return answer(Board(now=clock.now_ms(), items=desk_of(request).board()))


@router.post(
    "/incidents/{incident}/close",
    responses=answers(IncidentDetail) | REFUSED,
    openapi_extra=takes(Closing),
)
def close(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
    """Close an incident with its disposition; its positions are sealed again."""
    closing = codec.decode(Closing, body)
    return answer(
        desk_of(request).act(
            incident,
            "close",
            writer.name,
            role=role_of(writer),
            note=one_line(closing.note),
            disposition=closing.disposition,
        )
    )


def one_line(note: str | None) -> str | None:
    """Return what a person has written as the other screens may show it."""
    return plain(note, MAX_TEXT_CHARS) or None if note else None


def _add_step(path: str, event: OperatorEvent, summary: str) -> None:
    """Add one step that takes nothing but a note."""

    def step(request: Request, writer: Writer, incident: Id, body: Body) -> Response:
        act = codec.decode(Act, body or b"{}")
        note, role = one_line(act.note), role_of(writer)
        return answer(desk_of(request).act(incident, event, writer.name, role=role, note=note))

    router.add_api_route(
        f"/incidents/{{incident}}/{path}",
        step,
        methods=["POST"],
        summary=summary,
        operation_id=f"{event}_incident",
        responses=answers(IncidentDetail) | REFUSED,
        openapi_extra={"requestBody": takes(Act)["requestBody"] | {"required": False}},
    )


_add_step("acknowledge", "acknowledge", "Say that you have it; the alarms end")
_add_step("dispatch", "dispatch", "Say that help is on its way")
_add_step("on-scene", "on_scene", "Say that help has arrived")
_add_step("reopen", "reopen", "Open a closed incident again; it alerts again")
_add_step("presented", "presented", "Say that a screen now shows it to an operator")
