"""Process plumbing without a domain word: clock, settings, logs, metrics, lifecycle, MQTT."""
