"""Pages for customers who follow a link in a message: what they say, and how it is shown."""
