"""What is known of customers: learnt from events, asked by segments, made anew."""
