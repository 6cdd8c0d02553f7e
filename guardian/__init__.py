"""The front door: the `guardian` command, the demo and the simulator."""

EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""
