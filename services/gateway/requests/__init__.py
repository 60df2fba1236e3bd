"""What comes with a request: its body, events that are to be published, memory for both."""
