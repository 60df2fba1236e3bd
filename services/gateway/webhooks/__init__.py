"""Webhooks: who subscribes to what, what is kept for them, and how it gets there."""
