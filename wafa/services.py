"""The names of the services. Imports nothing: `wafa run` reads it before it patches the standard library."""

SERVICES = ("customers", "interactions", "loyalty", "notifications")
