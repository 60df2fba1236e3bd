"""Who may come in, and how often: keys, their scopes and limits."""
