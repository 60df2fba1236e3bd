"""Wafa: an event-driven CRM. The ground that every service stands on; imports no service."""

__version__ = "0.1.0"
