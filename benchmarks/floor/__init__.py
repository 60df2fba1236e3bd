"""The floor: the same operations on broker and database in bare py-amqp and PyMongo loops, and nothing else.

As many processes, queues and batches as Wafa has; as many finds, bulk writes and confirmed messages for each
batch, with documents and events of the size that Wafa has just written (`shapes`). No framework, no
validation, no domain: what is not copied from a template is what the totals are checked by. No timers, and no
mail. Whatever Wafa does in Python, it cannot become faster than this on the same servers.

    python -m benchmarks.floor interactions shapes.bson
"""
