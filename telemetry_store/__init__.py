"""Positions at rest: one port; InfluxDB 2 and SQLite behind it."""
