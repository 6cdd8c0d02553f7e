"""The front door: the `guardian` command, the demo and the simulator."""
