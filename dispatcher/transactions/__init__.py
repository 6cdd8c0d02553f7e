"""What the desk does, one transaction each; `desk.Desk` is the way in."""
