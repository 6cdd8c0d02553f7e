"""Panics that gateways bring: SMS, mesh radio."""

from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from contract.errors import DecodeError
from contract.messages import Receipt
from dispatcher.accounts import Identity
from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.security import needs
from dispatcher.api.structs import Body, answer, answers, takes
from dispatcher.gateway import TextPanic

if TYPE_CHECKING:
    from dispatcher.gateway import Gateway

KINDS = (TextPanic, Receipt)

router = APIRouter(prefix="/api/v1", tags=["panics"], responses=PROBLEMS)

GatewayToken = Annotated[Identity, Depends(needs("panics:write"))]


def _text_or_json() -> dict[str, Any]:
    document = takes(TextPanic)
    document["requestBody"]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return document


@router.post(
    "/panics",
    responses=answers(Receipt, description="Committed; tell the tracker"),
    openapi_extra=_text_or_json(),
)
async def take(request: Request, _gateway: GatewayToken, body: Body) -> Response:
    """Take a panic as text (docs/integrate.md); repeat it until the answer is 200.

    What cannot be read is raised all the same. Never limited: repeats make no second incident.
    """
    if not body.strip():
        raise DecodeError("text", "the body is empty")
    gateway: Gateway = request.app.state.gateway
    return answer(await to_thread.run_sync(gateway.take, body))
