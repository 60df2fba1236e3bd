"""The ground that every service stands on: nameko made safe and fast. It imports no service."""
