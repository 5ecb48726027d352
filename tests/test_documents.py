"""The documents name what there is: README.md and docs/*.md, in code spans and in drawings.

A word's form tells what it names. One with a slash is a path, from the checkout or from `digest/`, and may lack its
`.py`; `<…>` and `…` in it stand for any name. One with dots that begins with a layer, or with `tests`, is a name in
code: `operations.sending.freezing.freeze`. Capitals with an underscore are a setting.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType

from digest.config.names import KNOWN

_ROOT = Path(__file__).parents[1]
_DOCUMENTS = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_CODE = re.compile(r"^ *```.*?^ *```|`[^`]+`", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"[^\s`\"'()\[\]|,;]+")
_EVERYWHERE = re.compile(r"(?s:.+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_LAYERS = "app|cli|config|demo|domain|feeds|mail|operations|scheduler|storage|web"
_NAME = re.compile(rf"(?:(?:{_LAYERS})|tests)(?:\.\w+)+")
_SETTING = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+(?![\w…])")
_NOT_IN_THE_CHECKOUT = ("/", "$", "instance/", "INSTANCE_PATH/", "<INSTANCE_PATH>/", ".venv/", "Europe/London", "I/O")
_OF_OTHERS = {
    "MAIL_SERVER", "SECRET_KEY_BASE", "DIGEST_PORT",
    "CLEAN_TIME", "CLEAN_CAMPAIGN_ID", "CONFIRM_TIME", "OPTIN_TIME", "UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE",
    "CRASH_SEED", "CRASH_CASE", "CRASH_KILLS",
}  # fmt: skip
"""Other programs' settings, columns of other services, and what `make crash` is told."""


@dataclass(frozen=True)
class Named:
    """A word of a document, and where it stands."""

    word: str
    document: Path
    line: int

    def __str__(self) -> str:
        return f"{self.document.relative_to(_ROOT)}:{self.line}: {self.word}"


def named_in_code(pattern: re.Pattern[str] = _WORD) -> Iterator[Named]:
    """Every word of a code span or a block of code; or what the pattern finds there."""
    return named(pattern, _CODE)


def named(pattern: re.Pattern[str], where: re.Pattern[str] = _EVERYWHERE) -> Iterator[Named]:
    """Whatever the pattern finds in the documents."""
    for document in _DOCUMENTS:
        text = document.read_text()
        for place in where.finditer(text):
            for found in pattern.finditer(text, *place.span()):
                word = found[found.lastindex or 0]
                yield Named(word.rstrip(".:…") or word, document, text.count("\n", 0, found.start()) + 1)


def must_be_there(named: Iterator[Named], is_there: Callable[[Named], bool]) -> None:
    """What isn't is said by file, line and name."""
    found = list(named)
    assert found
    absent = [str(one) for one in found if not is_there(one)]
    assert not absent, "\n".join(["Named, but not there:", *absent])


def is_a_path(word: str) -> bool:
    elsewhere = "://" in word or "=" in word or word.startswith(_NOT_IN_THE_CHECKOUT)
    return ("/" in word or word.endswith(".py")) and not elsewhere


def path_is_there(named: Named) -> bool:
    path = re.sub(r"<[^>]*>|…", "*", named.word.partition("::")[0].rstrip("/"))
    return any(list(folder.glob(path + ending)) for folder in (_ROOT, _ROOT / "digest") for ending in ("", ".py"))


def name_is_there(named: Named) -> bool:
    """A module, or what is defined in it: what it only imports has its home elsewhere."""
    whole = named.word if named.word.startswith("tests.") else f"digest.{named.word}"
    try:
        found = resolve_name(whole)
    except (ImportError, AttributeError):
        return False
    home = found.__module__ if isinstance(found, type | FunctionType) else whole
    return whole.startswith(home)


def link_leads_somewhere(link: Named) -> bool:
    path, _, anchor = link.word.partition("#")
    target = link.document.parent / path if path else link.document
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(document: Path) -> set[str]:
    """Of its headings, as GitHub makes them: small letters, hyphens for spaces, nothing else."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def ladders() -> dict[str, str]:
    """Which subject may ask which, as the contracts of pyproject.toml have it: by layer, from the top."""
    contracts = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]
    return {contract["containers"][0].removeprefix("digest."): " > ".join(contract["layers"]) for contract in layered}


def test_every_path_is_there() -> None:
    must_be_there((one for one in named_in_code() if is_a_path(one.word)), path_is_there)


def test_every_name_in_code_is_defined_where_it_says() -> None:
    must_be_there((one for one in named_in_code() if _NAME.fullmatch(one.word)), name_is_there)


def test_every_setting_is_one() -> None:
    must_be_there(named_in_code(_SETTING), lambda one: one.word in KNOWN | _OF_OTHERS)


def test_every_make_target_is_one() -> None:
    targets = set(re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    must_be_there(named_in_code(re.compile(r"\bmake [a-z]+")), lambda one: one.word.split()[1] in targets)


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    links = (one for one in named(_LINK) if "://" not in one.word)
    must_be_there(links, link_leads_somewhere)


def test_every_subject_is_in_the_layers_that_the_table_says() -> None:
    architecture = (_ROOT / "docs" / "architecture.md").read_text()
    table = architecture.partition("### Subjects")[2].partition("\n### ")[0]
    told = {
        (layer, subject)
        for subject, layers in re.findall(r"^\| `(\w+)` \|[^|]*\| ([\w, ]+) \|", table, re.MULTILINE)
        for layer in layers.split(", ")
    }
    # The subjects of the other layers are no folders in `feeds` and `mail`: all of either is about one thing.
    layers = ladders().keys() - {"feeds", "mail"}
    folders = (file.parent for layer in layers for file in (_ROOT / "digest" / layer).glob("*/__init__.py"))
    no_subjects = {("storage", "base"), ("web", "serving")}
    assert told == {(folder.parent.name, folder.name) for folder in folders} - no_subjects


def test_the_ladders_are_those_of_the_contracts() -> None:
    architecture = (_ROOT / "docs" / "architecture.md").read_text()
    drawn = dict(re.findall(r"^- `(\w+)`: `([^`]+)`", architecture, re.MULTILINE))
    assert drawn == ladders()
