"""A deliberate mistake follows the code that it breaks: whoever changes that code hears of it in seconds."""

import pytest

from tests.faults.mutants import MUTATIONS, ROOT, Mutation, look_up
from tests.faults.versions import NEXT


@pytest.mark.parametrize("mutation", [*MUTATIONS, *NEXT], ids=lambda one: one.name)
def test_what_a_mutation_breaks_stands_in_the_code(mutation: Mutation) -> None:
    look_up(mutation, (ROOT / mutation.file).read_text())


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_the_tests_that_should_catch_a_mutation_are_there(mutation: Mutation) -> None:
    for test in mutation.tests:
        file, name = test.split("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text()
