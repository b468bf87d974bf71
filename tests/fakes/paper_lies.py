"""Books on paper of a dishonest operator, or with statements that no honest operator would have let in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.credit_bodies import OBJECTION
from fakes.paper_tales import CARRIER, DAY, HOUSE, ITEM, MAKER, OFFER, PRICE, STREAM, WAYBILL, Tale, carried, opening, scan, short
from fakes.world import Said, Signer, seed

from suxin.ledger.encoding import b64u
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import encode_entry
from suxin.ledger.map_hash import map_key

RETURN = {"reason": "other"}
OPENING = opening(b64u(seed("consign")))
ONE_ITEM = {"item": ITEM}


# -- the operator lies -------------------------------------------------------------------------------------------------


def relabelled(**members: Any) -> Tale:
    """An epoch leaf with other members."""
    tale = short()
    tale.book.relabels = lambda epoch: replace(epoch, **members)
    return tale


def hidden() -> Tale:
    """An approval that is left out of one of its streams."""
    tale = Tale()
    tale.book.hides = lambda statement, stream: statement.type == "confirm" and stream[0] == "k"
    tale.begin().item()
    return tale


def misplaced() -> Tale:
    """A change of an offer put into the stream of an item."""
    tale = short()
    tale.sale()
    body = {"category": "food", "event": "close", "title": {"en": "Ham"}} | PRICE
    said = tale.book.sign(tale.maker, "listing", {"offer": OFFER}, body)
    tale.book.put(encode_entry(said.statement.raw, tale.book.now, said.signature), streams=[f"l:{OFFER}", STREAM])
    return tale


def received(minus_ms: int) -> Tale:
    """A return with a time of receipt that is before the book's clock, or after it."""
    tale = short()
    said = tale.book.sign(tale.maker, "return", ONE_ITEM, RETURN)
    tale.book.put(encode_entry(said.statement.raw, tale.book.now - minus_ms, said.signature))
    return tale


def other_record(count: int) -> Tale:
    """A map that has something else for the item's stream than its entries give."""
    tale = short()
    tale.book.overrides[map_key(STREAM)] = (count, seed("head"))
    return tale


def twice(what: str) -> Tale:
    """A statement, a number or an id that was entered before."""
    tale = short()
    said = tale.say_return()
    if what == "number":
        tale.maker.n -= 1
    more = {"id": said.statement.id} if what == "id" else {}
    tale.book.enter(
        said if what == "statement" else tale.book.sign(tale.maker, "return", ONE_ITEM, {"reason": "damaged"}, **more)
    )
    return tale


# -- copies that are not true ------------------------------------------------------------------------------------------


def copying(kind: str) -> Tale:
    """A reply that says another type than that of the entry it refers to."""
    tale = short()
    tale.book.say_text(tale.maker, "reply", {}, {}, "Sorry.", ref=tale.book.at(3), re={"subjects": ONE_ITEM, "type": kind})
    return tale


def referring(*, later: bool) -> Tale:
    """A reply to what is not there, or is only entered after it."""
    tale = short()
    said = tale.book.sign(tale.maker, "return", ONE_ITEM, RETURN)
    name = b64u(said.statement.hash if later else seed("nothing"))
    tale.book.say_text(tale.maker, "reply", {}, {}, "Sorry.", ref=name, re={"subjects": ONE_ITEM, "type": "return"})
    tale.book.enter(said)
    return tale


def copy_without_reference() -> Tale:
    """A statement of a type nobody knows that copies without referring."""
    tale = short()
    tale.book.say(tale.maker, "blessing", {}, {"words": "good"}, re={"subjects": ONE_ITEM, "type": "item"})
    return tale


def referring_elsewhere() -> Tale:
    """An objection in the carrier's file, about a penalty in the file of somebody who is no carrier of the story."""
    tale = carried()
    re = {"subjects": {"party": HOUSE}, "type": "penalty"}
    tale.book.say(tale.maker, "objection", {"party": CARRIER}, OBJECTION, ref=b64u(seed("penalty")), re=re)
    return tale


# -- keys that may not sign --------------------------------------------------------------------------------------------


def said_by(signer: Signer) -> Tale:
    """An item made by somebody else."""
    tale = Tale().begin()
    tale.book.say(signer, "item", ONE_ITEM, {})
    return tale


def unapproved(*, by_itself: bool = False) -> Tale:
    """An item before the maker's registration is approved, or where the maker approved it."""
    tale = Tale()
    entered = tale.book.say(
        tale.maker, "actor", {"party": MAKER}, {"event": "register", "key": tale.maker.public, "role": "merchant"}
    )
    if by_itself:
        tale.book.say(tale.maker, "confirm", {}, {"kind": "approves"}, ref=entered)
    tale.item()
    return tale


def registered_twice(approved: str, signer: str) -> Tale:
    """A thief names the maker's code first, then the maker does; some of it is approved, and one of them makes the item."""
    tale, thief = Tale(), Signer.new(MAKER, "thief")
    said = {}
    for name, who, role in (("thief", thief, "warehouse"), ("maker", tale.maker, "merchant")):
        body = {"event": "register", "key": who.public, "role": role}
        said[name] = tale.book.say(who, "actor", {"party": MAKER}, body)
    for name in approved.split():
        tale.book.say(tale.book.root, "confirm", {}, {"kind": "approves"}, ref=said[name])
    tale.book.say({"thief": thief, "maker": tale.maker}[signer], "item", ONE_ITEM, {})
    return tale


def retired_by_a_rival() -> Tale:
    """A carrier's device that the maker, as if it were its own, takes out of the book."""
    tale = carried()
    tale.book.say(tale.maker, "actor", {"company": MAKER, "party": tale.device.actor}, {"event": "leave", "role": "device"})
    return tale


def mandate_of_who_left() -> Tale:
    """A dispatch under a mandate of a merchant that has left the book."""
    tale = short()
    house = tale.book.register(Signer.new(HOUSE), "warehouse")
    tale.book.say(tale.maker, "mandate", {"party": MAKER}, {"event": "grant", "to": HOUSE, "types": ["dispatch"]})
    tale.book.say(tale.maker, "actor", {"party": MAKER}, {"event": "leave", "role": "merchant"})
    tale.book.say(house, "dispatch", {"item": ITEM, "waybill": WAYBILL}, OPENING, **{"for": MAKER})
    return tale


def retired(event: str, *, days: int = 0) -> Tale:
    """An item by a key that was revoked, or rotated out so many days before."""
    tale, second = Tale().begin(), Signer.new(MAKER, "second key")
    for what in ("add", event):
        tale.book.say(tale.maker, "key", {"party": MAKER}, {"event": what, "key": second.public})
    tale.book.now += days * DAY
    tale.book.say(second, "item", ONE_ITEM, {})
    return tale


NEW_LOG = SigningKey(seed("second key of the log"))


def relogged(event: str, signers: str, *, days: int = 0) -> Tale:
    """The log gets a second key, and its first is rotated out or revoked; so many days later an item is made.

    `signers` are the keys under the checkpoint: "old", "new" or both.
    """
    tale = Tale().begin()
    book, root = tale.book, {"party": ROOT_ACTOR}
    book.say(book.root, "key", root, {"event": "add", "key": NEW_LOG.public_text, "use": "log"})
    if event != "add":
        book.say(book.root, "key", root, {"event": event, "key": book.log_key.public_text, "use": "log"})
    book.now += days * DAY
    tale.item()
    book.signing = tuple({"old": book.log_key, "new": NEW_LOG}[name] for name in signers.split())
    return tale


def log_key_by_the_maker() -> Tale:
    """A key of the log that the maker adds."""
    tale = Tale().begin()
    tale.book.say(tale.maker, "key", {"party": MAKER}, {"event": "add", "key": NEW_LOG.public_text, "use": "log"})
    tale.item()
    return tale


def log_without_a_key(event: str) -> Tale:
    """The only key of the log is rotated out or revoked."""
    tale = Tale().begin()
    body = {"event": event, "key": tale.book.log_key.public_text, "use": "log"}
    tale.book.say(tale.book.root, "key", {"party": ROOT_ACTOR}, body)
    tale.item()
    return tale


def log_key_for_statements() -> Tale:
    """The maker adds the log's key to its own, and signs with it."""
    tale = Tale().begin()
    both = Signer(MAKER, tale.book.log_key)
    tale.book.say(tale.maker, "key", {"party": MAKER}, {"event": "add", "key": both.public})
    tale.book.say(both, "item", ONE_ITEM, {})
    return tale


def added_by_a_stranger() -> Tale:
    """A key that a warehouse adds to the maker's."""
    tale, thief = Tale().begin(), Signer.new(MAKER, "thief")
    stranger = tale.book.register(Signer.new(HOUSE), "warehouse")
    tale.book.say(stranger, "key", {"party": MAKER}, {"event": "add", "key": thief.public})
    tale.book.say(thief, "item", ONE_ITEM, {})
    return tale


def foreign_device(*, by_operator: bool) -> Tale:
    """A carrier's device that somebody else registered."""
    tale = short()
    tale.book.register(Signer.new(CARRIER), "courier")
    body = {"event": "register", "key": tale.device.public, "role": "device"}
    signer = tale.book.root if by_operator else tale.maker
    tale.book.say(signer, "actor", {"company": CARRIER, "party": tale.device.actor}, body)
    tale.book.say(tale.maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, OPENING)
    tale.book.enter(scan(tale, "PICKED_UP", WAYBILL))
    return tale


def without_mandate() -> Tale:
    """A dispatch in the maker's name by a warehouse that has no mandate."""
    tale = short()
    house = tale.book.register(Signer.new(HOUSE), "warehouse")
    tale.book.say(house, "dispatch", {"item": ITEM, "waybill": WAYBILL}, OPENING, **{"for": MAKER})
    return tale


def odd_revocation() -> Tale:
    """A key revoked since a day that no calendar has."""
    tale = short()
    body = {"event": "revoke", "key": tale.maker.public, "since": "2026-02-30T00:00:00Z"}
    tale.book.say(tale.maker, "key", {"party": MAKER}, body)
    return tale


# -- signatures that do not fit ----------------------------------------------------------------------------------------


def other_book() -> Tale:
    """A statement made for another book."""
    tale = Tale().begin()
    tale.book.say(tale.maker, "item", ONE_ITEM, {}, book="suxin.example/other")
    return tale


def signed_otherwise(what: str) -> Tale:
    """A signature by another key, or of a batch."""
    tale = Tale().begin()
    said = tale.book.sign(tale.maker, "item", ONE_ITEM, {})
    raw, other = said.statement.raw, Signer.new(HOUSE).key
    tale.book.enter(Said(said.statement, other.sign_statement(raw) if what == "key" else tale.maker.key.sign_batch(raw)))
    return tale


def wrong_name() -> Tale:
    """A review in the name of one key, signed by another."""
    tale = short()
    tale.sale()
    tale.her = Signer(tale.her.actor, Signer.nobody("somebody else").key)
    tale.review()
    return tale
