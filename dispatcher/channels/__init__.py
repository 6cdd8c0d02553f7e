"""The ways an alert leaves; each has a worker of its own."""
