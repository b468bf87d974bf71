"""The Chinese catalogue is whole, in step with the pages, and compiled from the text that is committed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import Translations

HOME = Path("api/locale/zh_CN/LC_MESSAGES")
Key = tuple[str | None, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def written(root: Path) -> Catalog:
    with (root / HOME / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_CN")


@pytest.fixture(scope="module")
def spoken(root: Path) -> set[Key]:
    """Every message that the source and the templates say."""
    found = extract_from_dir(
        root / "api",
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}},
        keywords={
            "_": None, "gettext": None, "ngettext": (1, 2), "ugettext": None, "ungettext": (1, 2),
            "pgettext": ((1, "c"), 2), "upgettext": ((1, "c"), 2), "words": ((1, "c"), 2),
        },
    )  # fmt: skip
    return {(context, tuple(message) if isinstance(message, list | tuple) else message) for _, _, message, _, context in found}


def keys(catalogue: Catalog) -> set[Key]:
    return {(message.context, message.id) for message in catalogue if message.id}


def test_in_step_with_what_the_pages_say(written: Catalog, spoken: set[Key]) -> None:
    assert keys(written) == spoken
    assert len(spoken) > 400


def test_every_message_is_translated(written: Catalog) -> None:
    bad = []
    for message in written:
        strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            bad.append(message.id)
    assert bad == []


def test_translations_fill_in_the_same_values(written: Catalog) -> None:
    for message in written:
        ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
        strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
        for string in strings:
            assert set(re.findall(r"%\((\w+)\)[sd]", string)) == set(re.findall(r"%\((\w+)\)[sd]", ids[-1])) or not message.id


def test_compiled_from_the_committed_text(root: Path, written: Catalog) -> None:
    with (root / HOME / "messages.mo").open("rb") as file:
        compiled = Translations(file)
    for message in written:
        if message.id:
            assert said(compiled, message.context, message.id) == message.string
    size = (root / HOME / "messages.mo").read_bytes()[8:12]
    assert int.from_bytes(size, sys.byteorder) == len(written) + 1, "the compiled file has messages that the text has not"


def said(compiled: Translations, context: str | None, message: str | tuple[str, ...]) -> object:
    """What the pages would say; of a plural, the one form that Chinese has."""
    match context, message:
        case None, str():
            return compiled.ugettext(message)
        case str(), str():
            return compiled.upgettext(context, message)
        case _, (one, many):
            return (compiled.ungettext(one, many, 2),)
    raise AssertionError(message)
