"""Models that were fitted: where they are kept, and which is applied."""
