"""The canary: a press every minute through the whole path, which nobody sees unless it is late."""
