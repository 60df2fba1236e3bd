"""Who is to get what, and when: broadcasts, the calendar and events become rows."""
