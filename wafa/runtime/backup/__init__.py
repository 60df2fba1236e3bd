"""All databases as files, and back: streamed, counted, checksummed. `wafa backup` and `wafa restore`.

ADR 31 says in which order what is read, and why a restore of it comes to the truth.
"""
