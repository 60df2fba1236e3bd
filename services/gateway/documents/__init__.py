"""The documentation that the front door gives of itself: pages for people, files for tools."""
