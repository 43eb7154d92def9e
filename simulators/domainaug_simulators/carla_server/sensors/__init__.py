"""What sensors measure, as the bytes after a message's head."""
