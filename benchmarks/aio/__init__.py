"""The same work as one writes it on asyncio with aio-pika and PyMongo's own asynchronous client.

One event, one write and one confirmed message at a time, as in the stock variant, with which it shares
whatever is not framework (`benchmarks.single`). A process has 50 events in hand at once. Customers are
resolved in the process that takes the purchases. It leaves out what Wafa adds for safety, as stock does.

    python -m benchmarks.aio interactions
"""
