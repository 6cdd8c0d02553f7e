"""What crosses a process boundary: ids, messages, topics, codec, limits. No I/O, clock or log."""
