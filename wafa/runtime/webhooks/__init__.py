"""Signed calls to addresses that others have given us: one implementation for whoever makes such calls."""
