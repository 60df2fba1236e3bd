"""The published language: what others may send to Wafa and hear from it."""
