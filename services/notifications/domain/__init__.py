"""Who may be contacted, and when: standard library only."""
