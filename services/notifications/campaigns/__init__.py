"""Campaigns: what a file may say, what is kept of one, and what people do with it."""
