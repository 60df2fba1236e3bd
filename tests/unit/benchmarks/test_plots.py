import pytest

from benchmarks import plots
from tests.unit.benchmarks import figures


def lines(figure):
    return {line.get_label(): [*line.get_ydata()] for line in figure.axes[0].get_lines()}


def bars(axes):
    return [bar.get_width() for bar in axes.patches]


def names(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_throughput_has_a_bar_for_every_variant():
    axes = plots.throughput(figures.throughput()).axes[0]
    assert dict(zip(names(axes), bars(axes), strict=True)) == {
        "Wafa": 800,
        "Wafa, by the hundred": 1_060,
        "floor": 1_150,
        "aio-pika": 150,
        "stock nameko": 110,
        "stock nameko, asking by RPC": 73,
    }


def test_memory_is_that_of_our_own_processes_in_megabytes():
    axes = plots.memory(figures.throughput()).axes[0]
    assert names(axes) == ["loyalty", "customers"]
    assert bars(axes) == pytest.approx([93 * 1.048576, 70 * 1.048576])


def test_latency_has_three_percentiles_at_three_loads():
    assert lines(plots.latency(figures.latency())) == {
        "p50": [10, 20, 30],
        "p95": [11, 21, 31],
        "p99": [12, 22, 32],
    }


def test_growth_has_a_line_for_each_process():
    found = lines(plots.growth(figures.growth()))
    assert found == {"loyalty": [1.0, 1.0, 1.05], "mongodb": [2, 4, 6]}


def test_memory_over_growth_leaves_the_database_out():
    found = lines(plots.growth_memory(figures.growth()))
    assert found["loyalty"] == pytest.approx([mib * 1.048576 for mib in (81, 82, 83)])
    assert "mongodb" not in found


def test_replicas_have_a_bar_each_and_a_line_of_busy_cores():
    rates, cores = plots.replicas(figures.replicas()).axes
    assert [bar.get_height() for bar in rates.patches] == [800, 880, 840]
    assert [*cores.get_lines()[0].get_ydata()] == [1.9, 1.9, 1.9]


def test_http_has_rates_and_times_of_every_kind_of_request():
    rates, times = plots.front(figures.front()).axes
    assert bars(rates) == [100, 200, 300, 400, 500, 600]
    assert sum(len(line.get_xdata()) == 2 for line in times.get_lines()) == 6


def test_only_what_was_measured_is_drawn(tmp_path):
    drawn = plots.draw(figures.of(latency=figures.latency()), tmp_path)
    assert {name: [path.name for path in paths] for name, paths in drawn.items()} == {
        "latency": ["latency.png"]
    }
    assert [path.name for path in tmp_path.iterdir()] == ["latency.png"]
