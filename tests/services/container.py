"""Containers of the tests: published on loopback alone."""

from typing import Any

from testcontainers.core.container import DockerContainer

started: list[str] = []
"""The images of which a container was asked for in this run."""


def on_loopback(image: str, ports: dict[int, int]) -> DockerContainer:
    """Return a container whose ports (inside: outside) are published on 127.0.0.1 only."""
    started.append(image)
    container = DockerContainer(image)
    published: Any = (
        container.ports
    )  # typed for port numbers alone; the engine's client takes pairs
    for inside, outside in ports.items():
        published[str(inside)] = ("127.0.0.1", outside)
    return container
