"""The one door to MQTT: `link.Link`; everything else here is its inside."""
