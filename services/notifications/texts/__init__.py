"""What customers read: texts, rendered in a process of their own, and checked before they go out."""
