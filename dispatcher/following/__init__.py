"""Following a tracker while its incident is open: orders, positions, the search circle."""
