"""Containers of the tests: published on loopback alone."""

from typing import Any

import docker
from docker.errors import ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

# Its reaper is an image of its own, which cannot be had without a registry; the fixtures clean up.
testcontainers_config.ryuk_disabled = True

started: list[str] = []
"""The images of which a container was asked for in this run."""


def on_loopback(local: str, official: str, ports: dict[int, int]) -> DockerContainer:
    """Return a container whose ports (inside: outside) are published on 127.0.0.1 only.

    The image that tools/make-images.sh has made, or else the official one, which is pulled.
    """
    image = local if _is_here(local) else official
    started.append(image)
    container = DockerContainer(image)
    # Typed for port numbers alone, but the engine's client takes an address with it.
    published: Any = container.ports
    for inside, outside in ports.items():
        published[str(inside)] = ("127.0.0.1", outside)
    return container


def _is_here(image: str) -> bool:
    client = docker.from_env()
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    finally:
        client.close()
    return True
