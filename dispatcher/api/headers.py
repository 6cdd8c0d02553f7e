"""Headers: those that keep a browser strict, and those by which a proxy says who asks."""

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
STRICT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY.format(images="'self'"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HSTS = "max-age=31536000"


class StrictHeaders:
    """Adds to every answer what keeps a browser from doing more than the page needs.

    `tiles` is the one origin beside ours from which it may load images.
    """

    def __init__(self, app: ASGIApp, tiles: str | None = None) -> None:
        self._app = app
        images = " ".join(["'self'", *([tiles] if tiles else [])])
        self._strict = STRICT | {"Content-Security-Policy": _POLICY.format(images=images)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._strict.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        await self._app(scope, receive, strict)


class BehindProxy:
    """Takes from the one proxy in front which address asks, and by which scheme.

    Of each header only the last word counts: the proxy has added it, the others anybody can send.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the proxy has got it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            scheme = _last(headers.getlist("x-forwarded-proto")).lower()
            address = _address(_last(headers.getlist("x-forwarded-for")))
            if scheme in ("http", "https"):
                scope["scheme"] = scheme
            if address is not None:
                scope["client"] = (address, 0)
        await self._app(scope, receive, send)


def _last(values: list[str]) -> str:
    return ",".join(values).rpartition(",")[2].strip()


def _address(text: str) -> str | None:
    """Return the address without brackets and port; None when there is none."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
