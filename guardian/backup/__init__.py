"""Backups: one archive of the incident database, the PKI and what else is asked for, and back."""
