"""The same work as one writes it with nameko alone: one event, one write, one confirmed message at a time.

It reuses what is not nameko: the contract, the pure domains, the shapes of documents and events, the indexes,
the topology. It leaves out what Wafa adds for safety (receipts before effects, `pending`, quarantine), so it
is faster than an honest rewrite would be. It handles as many events at once in a process as nameko does by
default: 10, with a prefetch to match.

    python -m benchmarks.stock interactions          customers are resolved in the same process
    python -m benchmarks.stock interactions --rpc    by an RPC for each event, from the customers process
"""
