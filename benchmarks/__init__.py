"""What Wafa costs, against the same work done the stock way, and against the floor that nothing can undercut.

`python -m benchmarks` runs everything on one set of servers and writes figures, never a verdict: nothing here
is a test, except that each run must have lost and doubled nothing.

    ground      servers in a folder of their own; a room (virtual host, databases) for each run
    workload    the purchases, and what must come of them
    feed        the purchases, sent as tills would
    finish      when a run is over, and that it came out exactly right
    meter       processor time and memory of processes
    real, aio, stock, floor    four ways to do the work; `single` is what aio and stock share
    throughput, latency, replicas (scaling), growth, outreach, front, webhooks, micro, prediction
                          the measurements
    profiling, profiles   what processes are busy with, by py-spy
    results, machine      figures as JSON, and where they come from
    aims, grids, plots, report    the page: what was asked for, tables, pictures
"""
