"""From addresses to a socket on which a broker can be spoken to."""

import errno
import os
import selectors
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from runtime.mqtt import reasons
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.errors import AttemptError, AttemptTimeoutError
from runtime.mqtt.resolve import Endpoint


def dial(
    host: str,
    endpoints: Sequence[Endpoint],
    attempt: Attempt,
    *,
    context: ssl.SSLContext | None,
    send_buffer: int | None,
) -> socket.socket:
    """Return a connected socket that does not block, TLS included if there is a context.

    Raises:
        AttemptError: it failed, took too long or was given up.
    """
    sock = _connect_any(endpoints, attempt, send_buffer)
    if context is None:
        return sock
    try:
        return _secure(sock, host, context, attempt)
    except OSError as error:
        raise AttemptError(reasons.describe(error)) from error


def _connect_any(
    endpoints: Sequence[Endpoint], attempt: Attempt, send_buffer: int | None
) -> socket.socket:
    """Try each address with its share of the time: one that swallows packets is not the last."""
    for left in range(len(endpoints), 1, -1):
        try:
            return _connect(endpoints[-left], attempt.share(1 / left), send_buffer)
        except (OSError, AttemptTimeoutError):
            continue
    try:
        return _connect(endpoints[-1], attempt, send_buffer)
    except OSError as error:
        raise AttemptError(reasons.describe(error)) from error


def _connect(endpoint: Endpoint, attempt: Attempt, send_buffer: int | None) -> socket.socket:
    family, address = endpoint
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # Without it a message waits up to 40 ms for the acknowledgement of the one before.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if send_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        _finish_connect(sock, address, attempt)
    except BaseException:
        sock.close()
        raise
    return sock


def _finish_connect(sock: socket.socket, address: tuple[Any, ...], attempt: Attempt) -> None:
    code = sock.connect_ex(address)
    if code == errno.EINPROGRESS:
        attempt.wait_for_socket(sock, selectors.EVENT_WRITE)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _secure(
    sock: socket.socket, host: str, context: ssl.SSLContext, attempt: Attempt
) -> ssl.SSLSocket:
    try:
        secured = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        _shake_hands(secured, attempt)
    except BaseException:
        secured.close()
        raise
    return secured


def _shake_hands(secured: ssl.SSLSocket, attempt: Attempt) -> None:
    while True:
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            attempt.wait_for_socket(secured, selectors.EVENT_READ)
        except ssl.SSLWantWriteError:
            attempt.wait_for_socket(secured, selectors.EVENT_WRITE)
        else:
            return
