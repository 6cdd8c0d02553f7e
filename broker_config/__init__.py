"""Mosquitto: configuration, ACL, certificates and enrolment."""
