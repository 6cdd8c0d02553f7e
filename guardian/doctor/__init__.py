"""`guardian doctor`: is this installation well, and if not, what mends it. It changes nothing."""
