"""Interactions: every event ever recorded, complaints as cases, and the quarantine."""
