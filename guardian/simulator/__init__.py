"""Many trackers at once, moving plausibly, through real MQTT connections."""
