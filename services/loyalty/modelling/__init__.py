"""What is learnt from the past, with numpy and scipy: imported by jobs alone, never by a running service."""
