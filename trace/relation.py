"""How the party bound by a statement stands to what it speaks of, from stream states alone. Pure.

Source: DESIGN 3.5; `ledger/authority.py` says what each relation allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..ledger.directory import Directory
from ..ledger.identifier import ROOT_ACTOR, class_of, split_offer
from ..ledger.statement import Statement
from ..ledger.voices import ComplaintBody
from .story import Story, is_holder

_LICENSED: Final = frozenset(("appeal", "breach", "check", "list", "penalty", "traffic"))  # judged by the company's licence


def watched(statement: Statement) -> tuple[str, ...]:
    """Streams whose states the rules need; all of them follow from the statement's subjects."""
    found = [name for name in statement.streams if name[0] in "pwls"]
    if statement.type in ("scan", "delivery", "consign"):
        return tuple(found)  # the bulk of all entries; their waybills are all they watch
    subjects = statement.subjects
    party = statement.party
    for field, letter in (("offer", "l"), ("waybill", "w"), ("next", "w")):
        if field in subjects:
            found.append(f"{letter}:{subjects[field]}")
    if statement.type == "recall" and party.startswith(("uscc:", "gln:")):
        product = subjects["class"] if "class" in subjects else class_of(subjects["lot"])
        found.append(f"l:{party}{product}")
    if statement.type in _LICENSED:
        found.append(f"a:{subjects.get('company') or subjects.get('party')}")
    if statement.type == "confirm":
        found += [name for name in statement.streams if name[0] == "a"]
    return tuple(dict.fromkeys(found))


def _of_product(statement: Statement, party: str, states: Mapping[str, Story], product: str, found: set[str]) -> None:
    own_range = product.startswith("/s/")
    if own_range and party == f"uscc:{product[3:21]}":
        found.add("maker")
    elif not own_range and statement.type == "item":
        found.add("maker")  # who makes a unit of an open number range says so; two who do are both shown
    elif statement.type == "recall":
        offer = states.get(f"l:{party}{class_of(product) if 'lot' in statement.subjects else product}")
        if offer is not None and offer.makers and not own_range:
            found.add("maker")


def _of_states(statement: Statement, party: str, states: Mapping[str, Story], found: set[str]) -> None:
    for name, state in states.items():
        letter = name[0]
        if letter == "w":
            if name[2:20] == party[5:] and party.startswith("uscc:"):  # the carrier that the waybill names
                found.add("carrier")
            if state.shipper == party:
                found.add("shipper")
            if state.claim is not None and statement.actor == f"anon:{state.claim}":
                found.add("holder")
        elif letter == "p":
            for ownership in state.sales:
                if ownership.seller == party:
                    found.add("seller")
                if is_holder(ownership, statement.actor):
                    found.add("holder")


def _of_ref(party: str, referred: Statement, above: Sequence[Statement], directory: Directory, found: set[str]) -> set[str]:
    more = set()
    if any(directory.company(statement.party) == party for statement in above):
        more.add("thread")
    if directory.company(referred.party) == party:  # what a device said, its company said
        more.add("author")
    root = above[-1] if above else referred
    of_seller = isinstance(root.body, ComplaintBody) and root.body.against == "seller"
    if found & {"seller", "carrier"} or ("shipper" in found and of_seller) or referred.subjects.get("party") == party:
        more.add("concerned")
    return more


def relations(
    statement: Statement,
    directory: Directory,
    states: Mapping[str, Story],
    referred: Statement | None,
    above: Sequence[Statement] = (),
) -> frozenset[str]:
    """All relations in which the statement's party stands to its subjects; `public` when there is none.

    Args:
        statement: The statement to judge.
        directory: Who is who at this index.
        states: States of the streams that `watched` names.
        referred: The statement that `ref` names, already found in the book.
        above: What that one answers, directly or through others, as far as it is looked for.
    """
    party = directory.company(statement.party)
    subjects = statement.subjects
    found: set[str] = set()
    product = subjects.get("item") or subjects.get("lot") or subjects.get("class")
    if product is not None:
        _of_product(statement, party, states, product, found)
    _of_states(statement, party, states, found)
    if "offer" in subjects and split_offer(subjects["offer"])[0] == party:
        found.add("seller")
    subject = subjects.get("party")
    if subject is not None:
        if subject == statement.party:
            found.add("self")
        elif directory.company(subject) == statement.party or subjects.get("company") == statement.party:
            found.add("company")
    if referred is not None:
        found |= _of_ref(party, referred, above, directory, found)
    if not found or party == ROOT_ACTOR or directory.role(party) in ("regulator", "platform", "lab"):
        found.add("public")  # authorities and platforms speak as such, whatever else they are
    return frozenset(found)
