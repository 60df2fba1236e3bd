"""What customers do with a message: follow a link in it, answer it, are rung."""
