"""MQTT 5 without I/O, as a subscriber speaks it: bytes in, packets out; requests in, bytes out.

Section numbers are those of the OASIS standard (MQTT Version 5.0, 2019-03-07).
"""
