"""Inputs that raise a panic: a GPIO line, a serial control line, a Linux input event, SIGUSR1."""
