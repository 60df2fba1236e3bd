"""Wafa: an event-driven CRM. The ground that every service stands on; imports no service."""
