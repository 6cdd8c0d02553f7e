"""NMEA 0183 bytes to epochs: no I/O, no clock; the rules and their reasons are in docs/nmea.md."""
