"""Who did what: the audit log, and what goes into it."""
