"""Which station is responsible for a place, and which stations are near: pure."""
