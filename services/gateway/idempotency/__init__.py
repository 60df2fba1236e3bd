"""What is sent again under the same name has its effect once."""
