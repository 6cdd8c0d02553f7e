"""Tracker messages to points in the telemetry store; acknowledged after the write."""
