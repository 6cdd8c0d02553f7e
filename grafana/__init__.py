"""Dashboards and alert rules as code: the modules here write the JSON and YAML beside them."""
