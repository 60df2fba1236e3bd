import pytest

from benchmarks import plots, report, results
from tests.unit.benchmarks import figures

MEASURED = ("throughput", "latency", "replicas", "growth", "front")


def taken(*names):
    return figures.of(**{name: getattr(figures, name)() for name in names})


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text(report.DOCUMENT.read_text("utf-8"), "utf-8")
    return path


def test_the_page_of_the_repository_has_a_place_for_every_measurement():
    text = report.written(report.DOCUMENT.read_text("utf-8"), taken(*MEASURED), {}, "benchmarks")
    assert "| Wafa | 800 | 799 | 0.75 | 1.10 | 1.00 | 1.00 |" in text
    assert "A Processor, 2 cores" in text
    assert "aio-pika 10.2.1" in text


def test_every_picture_that_the_page_shows_is_there(page, tmp_path):
    report.document(taken(*MEASURED), page, tmp_path / "benchmarks" / "results.json")
    shown = [line.split("](")[1].rstrip(")") for line in page.read_text("utf-8").splitlines() if "![" in line]
    assert len(shown) == len(plots.PLOTS)
    for one in shown:
        assert (tmp_path / one).read_bytes().startswith(b"\x89PNG")


def test_figures_of_another_measurement_stay_where_only_one_was_taken(page, tmp_path):
    file = tmp_path / "benchmarks" / "results.json"
    report.document(taken("latency", "replicas"), page, file)
    before = page.read_text("utf-8")
    again = taken("latency")
    again["latency"]["machine"] = {**figures.MACHINE, "commit": "later"}
    report.document(again, page, file)
    after = page.read_text("utf-8")
    assert after.count("commit later") == 1
    assert after.replace("commit later", "commit abc1234") == before
    assert set(results.load(file)) == {"latency", "replicas"}


def test_an_aim_that_is_missed_is_said_to_be_missed():
    text = report.written(report.DOCUMENT.read_text("utf-8"), taken("throughput"), {}, "benchmarks")
    summary = text.partition(report.BEGIN.format("aims"))[2].partition(report.END.format("aims"))[0]
    assert "loyalty event, with a fast database | 1,060/s | not met |" in summary
    assert "| 0.6 of the floor | 0.70 | met |" in summary


def test_a_page_without_a_place_is_an_error_and_stays_as_it_was(tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text("nothing", "utf-8")
    with pytest.raises(ValueError, match="has no lines"):
        report.document(taken("latency"), page, tmp_path / "benchmarks" / "results.json")
    assert page.read_text("utf-8") == "nothing"


def test_the_page_says_what_its_own_figures_say():
    known = results.load(report.FIGURES)
    text = report.DOCUMENT.read_text("utf-8")
    assert report.written(text, known, plots.paths(known, report.FOLDER), report.FOLDER.name) == text
