"""Who the customers are: identity, profile and consent. Start with README.md, then handlers.py."""
