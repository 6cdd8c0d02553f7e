"""When and through whom an unacknowledged incident escalates, and who makes sure that it does."""
