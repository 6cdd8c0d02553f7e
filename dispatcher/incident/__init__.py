"""Decisions about incidents: plain functions of data and time."""
