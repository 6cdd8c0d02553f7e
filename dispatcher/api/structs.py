"""Our message types in FastAPI: bodies read and answers written by msgspec, schemas in OpenAPI."""

from http import HTTPStatus
from inspect import cleandoc
from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from contract.limits import MAX_PAYLOAD_BYTES

_REF = "#/components/schemas/{name}"


async def _body(request: Request) -> bytes:
    """Return the body; more than the contract's limit is not even read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_PAYLOAD_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


Body = Annotated[bytes, Depends(_body)]


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a Struct, or what msgspec can write, as JSON."""
    return Response(
        msgspec.json.encode(content), status, headers=headers, media_type="application/json"
    )


def answers(kind: Any, status: int = 200, description: str = "Done") -> dict[int | str, Any]:
    """Describe an answer of this type for OpenAPI."""
    return {status: {"description": description, "content": _content(kind)}}


def takes(kind: Any) -> dict[str, Any]:
    """Describe a body of this type for OpenAPI."""
    return {"requestBody": {"required": True, "content": _content(kind)}}


def openapi(app: FastAPI, kinds: tuple[Any, ...]) -> dict[str, Any]:
    """Return the app's OpenAPI document with the schemas of these types, and those they use."""
    document: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    for component in components.values():
        if "description" in component:  # a docstring, which Python before 3.13 leaves indented
            component["description"] = cleandoc(component["description"])
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _content(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}
