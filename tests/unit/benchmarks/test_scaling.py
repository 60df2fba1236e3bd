from benchmarks.scaling import limit, measure


def run(rate=800, *, cores_busy=1.0, **cpu_seconds):
    spent = {"rabbitmq": 20.0, "mongodb": 50.0, **cpu_seconds}
    return {
        "events_per_second": rate,
        "seconds_to_rest": 20.0,
        "cores_busy": cores_busy,
        "cpu_seconds": spent,
    }


def test_full_processors_are_the_limit_before_any_single_process():
    assert limit(run(cores_busy=1.85, loyalty=19.0), 2) == "processors: 1.85 of 2 cores are busy"


def test_a_process_that_fills_its_core_is_the_limit_where_others_are_free():
    assert limit(run(cores_busy=1.85, loyalty=18.0), 4) == "loyalty: 90% of the one core that it can use"


def test_what_fills_nothing_waits():
    assert limit(run(loyalty=4.0), 4).startswith("waiting: 1.00 of 4 cores are busy, loyalty for 20%")


def test_each_number_of_processes_is_compared_with_one():
    found = measure(lambda processes: run(rate=800 + 80 * (processes - 1), loyalty=5.0))
    assert [(one["processes"], one["of_one"]) for one in found["runs"]] == [(1, 1.0), (2, 1.1), (3, 1.2)]
