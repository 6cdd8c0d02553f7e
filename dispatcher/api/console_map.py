"""What the console's map shows beside the incidents: an outline, and perhaps tiles."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from dispatcher.api.incidents import PROBLEMS
from dispatcher.api.security import Reader
from dispatcher.api.structs import answer, answers
from dispatcher.outline import OutlineError, bundled, read_outline
from dispatcher.tiles import tiles_origin
from runtime import logs

if TYPE_CHECKING:
    from dispatcher.settings import MapSettings

MEDIA_TYPE = "application/geo+json"

_log = logs.get(__name__)


class MapBackground(msgspec.Struct, frozen=True, kw_only=True):
    """Where the map's tiles are, if there are any; `problem` says why there is no outline.

    `tiles` has {z}, {x} and {y} (Web Mercator, 256 pixels); `attribution` must be shown with them.
    """

    tiles: str | None = None
    tiles_max_zoom: int = 19
    attribution: str | None = None
    problem: str | None = None


KINDS = (MapBackground,)

router = APIRouter(prefix="/api/v1/map", tags=["map"], responses=PROBLEMS)


@dataclass(frozen=True, kw_only=True)
class Background:
    """An outline (GeoJSON; None where it cannot be drawn) and what consoles are told."""

    outline: bytes | None = field(default_factory=bundled)
    told: MapBackground = field(default_factory=MapBackground)

    @classmethod
    def of(cls, settings: "MapSettings") -> Self:
        """Read what the settings name; an outline that cannot be drawn is logged and told."""
        outline, problem = None, None
        try:
            file = settings.map_outline_file
            outline = read_outline(file) if file else bundled()
        except OutlineError as error:
            problem = f"GUARDIAN_MAP_OUTLINE_FILE: {error}"
            _log.error("map_without_outline", error=problem)
        told = MapBackground(
            tiles=settings.map_tiles_url,
            tiles_max_zoom=settings.map_tiles_max_zoom,
            attribution=settings.map_tiles_attribution,
            problem=problem,
        )
        return cls(outline=outline, told=told)

    @property
    def tiles_origin(self) -> str | None:
        """Return the one origin that tiles come from."""
        return tiles_origin(self.told.tiles) if self.told.tiles else None


@router.get("", responses=answers(MapBackground))
def background(request: Request, _reader: Reader) -> Response:
    """Say what the map shows beside the incidents."""
    known: Background = request.app.state.background
    return answer(known.told)


@router.get(
    "/outline",
    response_class=Response,
    responses={200: {"description": "Areas with their names", "content": {MEDIA_TYPE: {}}}},
)
def outline(request: Request, _reader: Reader) -> Response:
    """Return the areas to draw as GeoJSON (MultiPolygons with `name` and `name_local`)."""
    known: Background = request.app.state.background
    if known.outline is None:
        raise HTTPException(404)
    return Response(known.outline, media_type=MEDIA_TYPE)
