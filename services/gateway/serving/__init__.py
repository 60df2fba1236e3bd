"""The processes that answer HTTP, in which nobody slow keeps others waiting."""
