"""The table of mutants and the code are of one time; whether each is caught, `make mutants` tries."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.mutants.table import MUTANTS
from tests.mutants.trial import ROOT, Mutant, Verdict, times_found, tried


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_is_there_once_and_so_is_its_test(mutant: Mutant) -> None:
    assert times_found(mutant) == 1
    assert mutant.becomes != mutant.piece
    file, _, name = mutant.test.partition("::")
    functions = [each for each in ast.parse((ROOT / file).read_text()).body if isinstance(each, ast.FunctionDef)]
    (test,) = [function for function in functions if function.name == name]
    assert not any("given" in ast.unparse(each) for each in test.decorator_list), "what is drawn at random may miss it"


def test_every_mutant_has_a_name_of_its_own_and_breaks_a_promise() -> None:
    assert max(Counter(mutant.name for mutant in MUTANTS).values()) == 1
    assert all(mutant.promise.endswith(".") for mutant in MUTANTS)


def test_every_room_has_its_mutants() -> None:
    rooms = {"domain", "config", "mail", "storage", "operations", "web", "cli", "scheduler.py"}
    assert rooms <= {mutant.file.split("/")[1] for mutant in MUTANTS}


def test_a_mutant_whose_piece_has_gone_is_not_called_caught() -> None:
    gone = Mutant("gone", "digest/app.py", "no such piece", "", "None.", "tests/test_config.py::test_x")
    assert tried(gone) == (Verdict.NO_PLACE, "digest/app.py has it 0 times")
