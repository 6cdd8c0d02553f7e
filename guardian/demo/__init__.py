"""The whole of Guardian on one machine, on loopback, in a temporary folder."""
