"""Who notices what: every lie shown to everybody who looks, each the real thing in a process of its own; every cell is asserted.

`who_notices.json` says what each of them is due to say. A lie that is not noticed where it should be fails this test, and so
does one that is noticed where "cannot" stands. The section of ARCHITECTURE.md is made from the same file:
`python tests/e2e/test_who_notices.py` prints it. Every third row is told here, and of what is slow two columns a row are asked
in turn; all of it by `make soak`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

HERE = Path(__file__)
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[1]))

from fakes.lies import LIES  # noqa: E402 - of the tests' own folder
from fakes.onlookers import SETUPS, Onlookers, looking  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402

TABLE: dict[str, dict[str, str]] = json.loads(HERE.with_name("who_notices.json").read_bytes())
SECTION: Final = "## Who notices what"

ROWS: Final = {
    "nothing": ("nothing: the book goes on", "two more epochs; nobody may cry wolf"),
    "byte_changed": (
        "a byte changed in an entry",
        "the price in a sale, on the disk; hashes and checkpoint are left as they were",
    ),
    "signature_swapped": ("a signature swapped", "a new complaint is entered with the signature of another, and signed for"),
    "entry_dropped": (
        "an entry dropped and everything re-hashed",
        "an inspection; chains, map, epochs and all checkpoints are made anew, and the book goes on",
    ),
    "complaint_withheld": (
        "a complaint withheld from one reader",
        "it is in the book; page and bundle that one reader gets are without it",
    ),
    "tail_cut": ("the tail cut", "the newest epochs and their checkpoints are gone, nothing is put in their place"),
    "entries_swapped": ("two entries swapped", "two of different epochs that do not depend on each other; all is made anew"),
    "backup_served": ("an old backup served", "the database of an earlier day is put back, and the book goes on from there"),
    "epoch_of_old": ("an old epoch served", "the book is whole; what is shown is its state before a complaint"),
    "fork": ("a fork shown to one of two readers", "one reader gets the book without an inspection, everybody else the true one"),
    "map_root_wrong_once": ("map root wrong for one epoch, then right again", "in a new epoch; the next ones are right"),
    "device_by_operator": (
        "a device registered by the operator",
        "under a carrier's name; it scans the parcel. All is signed, hashed and signed for",
    ),
    "revocation_hidden": (
        "a revocation hidden",
        "a carrier revokes a stolen key; the entry is left out of the key's stream, and the thief signs on",
    ),
    "checkpoint_by_another_key": ("a checkpoint by another key", "under the same origin, over leaves that are right"),
    "book_of_a_forger": (
        "a forger's own book",
        "under the same origin and a key of his own, made of what others have signed, but for an inspection",
    ),
    "script_changed": (
        "the operator also changes the script",
        "a complaint withheld as above; the page's script says that all is well",
    ),
}
TOLD: Final = (
    (
        "Who reads one product",
        {
            "page first": "the product's page, first visit",
            "page back": "the same, opened before",
            "file": "the [single file](docs/guide/browser.md) from the disk",
            "kept": "a kept checkpoint: `suxin diff --since`",
            "submitter": "who posts: receipt and streams",
        },
    ),
    (
        "Who follows, cosigns or runs the book",
        {
            "url": "`suxin verify --url` with a credential",
            "monitor": "`suxin monitor`, from before",
            "plain": "plain witness, from before",
            "full": "full witness, from before",
            "serve": "`suxin serve` at its start, mark in place",
            "serve witness": "the same, mark lost, a witness to ask",
            "verify": "`suxin verify` on the operator's disk",
        },
    ),
)
QUICK: Final = ("page first", "page back", "submitter", *(f"file {setup}" for setup in SETUPS))  # half a second or less
WITNESSES: Final = ("plain", "full")  # asked whatever else is asked
SLOW: Final = (
    "serve",
    "verify",
    "kept",
    *(f"{name} {setup}" for setup in SETUPS for name in ("url", "monitor")),
    "serve witness",
)
AT_A_TIME: Final = 2
USUAL: Final = tuple(LIES)[::3]  # rows of the quick run


def asked_of(row: str, soak: bool) -> list[str]:
    """Columns to be driven for a row."""
    if soak:
        return [*QUICK, *SLOW]
    first = USUAL.index(row) * AT_A_TIME
    return [*QUICK, *(SLOW[(first + step) % len(SLOW)] for step in range(AT_A_TIME))]


# -- the table ------------------------------------------------------------------------------------------------------------


def cell(said: str) -> str:
    """What one says, as the table has it."""
    verdict, _, code = said.partition(" ")
    return {"holds": "–", "fails": f"**`{code}`**", "open": f"*`{code}`*", "refuses": "**does not start**"}[verdict]


def cells(row: dict[str, str], column: str) -> str:
    """A cell; three in one where a reader's policy asks for no, a plain, or a full witness, and it matters."""
    if column in row:
        return cell(row[column])
    found = {setup: cell(row[f"{column} {setup}"]) for setup in SETUPS}
    if len(set(found.values())) == 1:
        return found["none"]
    if found["plain"] == found["full"]:
        return f"{found['none']}; with a witness {found['plain']}"
    if found["none"] == found["plain"]:
        return f"{found['none']}; with a full witness {found['full']}"
    return f"{found['none']}; plain {found['plain']}; full {found['full']}"


def lines() -> Iterator[str]:
    """The two tables and how each lie is made."""
    for title, columns in TOLD:
        yield f"| {title} → | " + " | ".join(columns.values()) + " |"
        yield "|---" * (len(columns) + 1) + "|"
        for name, (row, _) in ROWS.items():
            yield f"| {row} | " + " | ".join(cells(TABLE[name], column) for column in columns) + " |"
        yield ""
    yield "How each lie is made:"
    yield ""
    for row, how in ROWS.values():
        yield f"- *{row}*: {how}."


def section() -> str:
    """The section of ARCHITECTURE.md, without what is written by hand before the tables."""
    return "\n".join(lines()) + "\n"


def test_the_section_is_this_table(root: Path) -> None:
    page = (root / "ARCHITECTURE.md").read_text("utf-8")
    assert section() in page.partition(f"{SECTION}\n")[2], "python tests/e2e/test_who_notices.py prints it"


def test_every_cell_has_something_due_and_every_column_is_driven() -> None:
    every = {*WITNESSES, *QUICK, *SLOW}
    assert set(TABLE) == set(LIES) == set(ROWS)
    assert {name: set(row) ^ every for name, row in TABLE.items() if set(row) ^ every} == {}
    assert {column for name in USUAL for column in asked_of(name, False)} | set(WITNESSES) == every
    assert {cell.partition(" ")[0] for row in TABLE.values() for cell in row.values()} == {"holds", "fails", "open", "refuses"}
    assert {said for column, said in TABLE["nothing"].items()} == {"holds"}


# -- who looks ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def onlookers(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onlookers]:
    with looking(tmp_path_factory.mktemp("who"), browser) as found:
        yield found


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in USUAL else pytest.mark.soak) for name in LIES])
def test_who_notices(name: str, onlookers: Onlookers, soak: bool) -> None:
    said = onlookers.face(onlookers.past.tell(name))
    observers = onlookers.observers()
    for column in asked_of(name, soak):
        said[column] = observers[column]()
    onlookers.part()
    assert said == {column: TABLE[name][column] for column in said}
    assert onlookers.front.trouble == onlookers.others.trouble == []


if __name__ == "__main__":
    print(section(), end="")  # noqa: T201 - the section itself
