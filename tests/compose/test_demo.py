"""The demo in containers: what Wafa says is what the file says."""

from rich.console import Console
from rich.table import Table


def test_every_figure_is_that_of_the_file(figures: list[dict[str, str]]) -> None:
    table = Table("", "the file says", "Wafa says")
    for line in figures:
        table.add_row(line["what"], line["file"], line["wafa"])
    Console().print(table)
    assert len(figures) > 20
    assert [line for line in figures if line["file"] != line["wafa"]] == []
