"""What the services are asked, what they answer, and what is made of it."""
