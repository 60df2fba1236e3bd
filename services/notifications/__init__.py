"""Notifications: who is contacted, who is not, and why."""
