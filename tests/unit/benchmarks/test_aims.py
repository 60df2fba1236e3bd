import pytest

from benchmarks.aims import Aim, aims
from tests.unit.benchmarks import figures


def aim(measurement: str, words: str, **figures_of: object) -> Aim:
    found = aims(figures.of(**figures_of))[measurement]
    return next(one for one in found if words in one.words)


@pytest.mark.parametrize(("rate", "met"), [(80.0, True), (79.9, False)])
def test_ten_times_stock_nameko_is_ten_times_and_not_about_ten(rate, met):
    found = aim("throughput", "both ask", throughput=figures.throughput(wafa=rate * 10, stock_rpc=80.0))
    assert found.met is met


def test_the_easier_stock_variant_is_told_of_too_though_it_is_not_met():
    found = aim("throughput", "spared asking", throughput=figures.throughput())
    assert (found.found, found.met) == ("7.27", False)


def test_the_best_of_all_ways_counts_for_the_events_a_second():
    found = aim("throughput", "5,000", throughput=figures.throughput(wafa_hundreds=5_001))
    assert (found.found, found.met) == ("5,001/s", True)


def test_the_share_of_the_floor_is_that_of_wafa_and_not_its_inverse():
    assert aim("throughput", "floor", throughput=figures.throughput()).found == "0.70"


def test_memory_counts_the_most_that_a_process_ever_held_in_megabytes():
    found = figures.throughput()
    found["wafa"]["memory_mib"]["loyalty"]["peak"] = 114.0
    assert aim("throughput", "memory", throughput=found).met
    found["wafa"]["memory_mib"]["loyalty"]["peak"] = 115.0
    assert not aim("throughput", "memory", throughput=found).met


def test_memory_of_servers_and_of_the_mail_sink_is_not_ours():
    assert aim("front", "memory", front=figures.front()).found.startswith("105 MB (web 2")


def test_growth_is_judged_by_the_services_and_not_by_the_database():
    assert aim("growth", "flat", growth=figures.growth(database=50)).met
    assert not aim("growth", "flat", growth=figures.growth(own=(1.0, 1.0, 1.2))).met


def test_replicas_that_are_no_faster_do_not_speed_up():
    found = figures.replicas()
    assert aim("replicas", "speed up", replicas=found).found == "1.10 with 2; processors"
    for run in found["runs"]:
        run["of_one"] = 0.98
    assert not aim("replicas", "speed up", replicas=found).met


@pytest.mark.parametrize(("card", "of_amqp", "met"), [(14.9, 0.7, True), (15.0, 0.69, False)])
def test_the_front_door_has_two_aims(card, of_amqp, met):
    found = aims(figures.of(front=figures.front(card=card, of_amqp=of_amqp)))["front"]
    assert [one.met for one in found[:2]] == [met, met]
