"""Who is who at one index of the log: actors, their keys, devices and mandates.

A pure fold over `actor`, `key`, `mandate` and approving `confirm` entries, in log order; the sequencer and
every verifier fold the same way. Validity of a key is judged at an entry's index. Source: DESIGN 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from .bodies import ActorBody, ConfirmBody, KeyBody, MandateBody
from .encoding import b64u, unb64u
from .errors import Refused
from .identifier import ROOT_ACTOR
from .keys import key_id, parse_public
from .leaf import Genesis
from .limits import ROTATE_GRACE_MS
from .log_keys import LogKeys
from .moment import moment_ms
from .statement import Statement

DIRECTORY_TYPES = frozenset(("actor", "key", "mandate", "confirm"))


@dataclass(slots=True)
class Key:
    """One key: whose it is and from when to when it signs."""

    public: bytes
    actor: str
    added: int  # index in the log
    rotated_ms: int | None = None  # received time of its rotation; signs for 30 days more
    revoked: int | None = None  # index of its revocation; signs nothing after it
    suspect_since_ms: int | None = None  # claimed start of a theft: entries since then are flagged, not removed


@dataclass(slots=True)
class Actor:
    """One registered actor."""

    actor: str
    role: str
    registration: bytes  # hash of the statement that registered it
    approved: bool = False
    left: bool = False
    company: str | None = None  # of a device: whose it is
    controllers: tuple[str, ...] = ()
    key_holder: str = "self"
    name: dict[str, str] = field(default_factory=dict)
    brand: dict[str, str] = field(default_factory=dict)
    licence: str | None = None
    district: str | None = None
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mandate:
    """What one actor lets another sign in its name."""

    types: frozenset[str]
    until: str | None  # last day, or None


def _words(value: object) -> dict[str, str]:
    return {lang: text for lang in ("zh", "en") if isinstance(text := getattr(value, lang, None), str)}


class Directory:
    """All actors and keys known so far.

    Attributes:
        log_keys: Keys of the log itself; they sign no statements.
        rehoused: Companies that changed who stands behind them after they were known, with the index where they last did.
    """

    def __init__(self, root_public: bytes, log_public: bytes) -> None:
        """Start from the genesis leaf's root key and log key (32 bytes each)."""
        self.log_keys = LogKeys(log_public)
        root = b64u(key_id(root_public))
        self.keys: dict[str, Key] = {root: Key(root_public, ROOT_ACTOR, 0)}
        self.actors: dict[str, Actor] = {ROOT_ACTOR: Actor(ROOT_ACTOR, "operator", bytes(32), approved=True, keys=[root])}
        self.mandates: dict[tuple[str, str], Mandate] = {}
        self._waiting: dict[str, list[Actor]] = {}  # registrations of actors none of whose has been approved yet, oldest first
        self.rehoused: dict[str, int] = {}
        self._good: set[str] = set()  # keys that may sign at any time, as long as nothing is folded in

    @classmethod
    def of(cls, genesis: Genesis) -> Self:
        """Start from a genesis leaf.

        Raises:
            Refused: One of its keys is none.
        """
        return cls(parse_public(genesis.root.key), parse_public(genesis.log))

    def knows(self, public: bytes) -> bool:
        """Whether a key stands in the book already, in whatever use."""
        return b64u(key_id(public)) in self.keys or self.log_keys.find(public) is not None

    def public_for(self, statement: Statement) -> bytes:
        """The public key that must have signed a statement, before anything is asked about its right to.

        Raises:
            Refused: `key-unknown`, `key-foreign`.
        """
        if statement.actor.startswith("anon:"):
            public = parse_public(statement.actor[5:])
            if b64u(key_id(public)) != statement.key:
                raise Refused("key-foreign", "an anonymous actor signs with the key it is named after", "/key")
            return public
        known = self.keys.get(statement.key)
        if known is not None:
            if known.actor != statement.actor:
                raise Refused("key-foreign", "this key belongs to another actor", "/key")
            return known.public
        body = statement.body
        if isinstance(body, ActorBody) and body.event == "register" and isinstance(body.key, str):
            public = parse_public(body.key)
            if statement.subjects.get("party") == statement.actor and b64u(key_id(public)) == statement.key:
                return public  # proof of possession: an actor's first statement is signed with the key it brings
        raise Refused("key-unknown", "no such key is registered in this book", "/key")

    def check_key(self, statement: Statement, received_ms: int) -> None:
        """Check that the statement's key may sign at this point of the log.

        Raises:
            Refused: `key-revoked`, `key-expired`, `actor-left`, `actor-not-approved`.
        """
        if statement.key in self._good:
            return
        known = self.keys.get(statement.key)
        if known is None:
            return  # an anonymous key, or the key that an actor's registration brings
        if known.revoked is not None:
            raise Refused("key-revoked", f"this key was revoked at index {known.revoked}", "/key")
        if known.rotated_ms is not None and received_ms > known.rotated_ms + ROTATE_GRACE_MS:
            raise Refused("key-expired", "this key was rotated out more than 30 days ago", "/key")
        actor = self.actors[known.actor]
        if actor.left:
            raise Refused("actor-left", "this actor has left the book", "/actor")
        if not actor.approved:
            raise Refused("actor-not-approved", "this registration waits for a countersignature", "/actor")
        if actor.company is not None and self.actors[actor.company].left:
            raise Refused("actor-left", "the company of this device has left the book", "/actor")
        if known.rotated_ms is None:
            self._good.add(statement.key)

    def role(self, actor: str) -> str | None:
        """Role of an actor; `consumer` for every anonymous one, None for a stranger."""
        if actor.startswith("anon:"):
            return "consumer"
        known = self.actors.get(actor)
        return None if known is None else known.role

    def company(self, actor: str) -> str:
        """Whom a device acts for: its company, or the actor itself."""
        known = self.actors.get(actor)
        return known.company if known is not None and known.company is not None else actor

    def may_act_for(self, statement: Statement, received_day: str) -> bool:
        """Whether a mandate lets the statement's actor bind its party."""
        if statement.party == statement.actor:
            return True
        mandate = self.mandates.get((statement.party, statement.actor))
        if mandate is None or self.actors[statement.party].left:
            return False
        return statement.type in mandate.types and (mandate.until is None or received_day <= mandate.until)

    def waits(self, registration: bytes, party: str) -> bool:
        """Whether a registration of an actor, by its hash, waits for its countersignature."""
        return any(one.registration == registration for one in self._waiting.get(party, ()))

    def house(self, actor: str) -> frozenset[str]:
        """Everybody who stands behind an actor's signature: itself, its company, controllers and key holder."""
        company = self.company(actor)
        known = self.actors.get(company)
        if known is None:
            return frozenset((company,))
        holder = () if known.key_holder == "self" else (ROOT_ACTOR if known.key_holder == "operator" else known.key_holder,)
        return frozenset((company, *known.controllers, *holder))

    def fold(self, statement: Statement, index: int, received_ms: int) -> None:
        """Take in one entry that was admitted; entries of other types change nothing."""
        self._good.clear()
        body = statement.body
        if isinstance(body, ActorBody):
            self._fold_actor(statement, body, index)
        elif isinstance(body, KeyBody):
            self._fold_key(statement, body, index, received_ms)
        elif isinstance(body, MandateBody):
            pair = (statement.subjects["party"], body.to)
            if body.event == "revoke":
                self.mandates.pop(pair, None)
            else:
                self.mandates[pair] = Mandate(frozenset(body.types), body.until if isinstance(body.until, str) else None)
        elif isinstance(body, ConfirmBody) and body.kind == "approves" and statement.re is not None:
            subjects = statement.re["subjects"]
            assert isinstance(subjects, dict)
            self._approve(str(subjects["party"]), unb64u(str(statement.ref), 32), index)

    def _fold_actor(self, statement: Statement, body: ActorBody, index: int) -> None:
        party = statement.subjects["party"]
        known = self.actors.get(party)
        house = self.house(party) if known is not None else None
        if body.event == "leave":
            assert known is not None
            known.left = True
            return
        if known is None or body.event == "register":
            company = statement.subjects.get("company")
            # A device is registered with its company's key, so it needs no further countersignature.
            known = Actor(party, body.role, statement.hash, approved=company is not None, company=company)
            self.actors.setdefault(party, known)  # until one is approved, the first speaks for the actor; none of them may sign
            if company is None:
                self._waiting.setdefault(party, []).append(known)
        if isinstance(body.key, str) and body.event == "register":
            self._add_key(known, parse_public(body.key), index)
        if isinstance(body.controllers, list):
            known.controllers = tuple(body.controllers)
        if isinstance(body.key_holder, str):
            known.key_holder = body.key_holder
        if house is not None and house != self.house(party):
            self.rehoused[party] = index
        known.name = _words(body.name) or known.name
        known.brand = _words(body.brand) or known.brand
        known.licence = body.licence if isinstance(body.licence, str) else known.licence
        known.district = body.district if isinstance(body.district, str) else known.district

    def _approve(self, party: str, registration: bytes, index: int) -> None:
        """One registration becomes the actor; the keys that the others brought were strangers', and end."""
        if not self.waits(registration, party):
            return  # under whatever else an approved actor says of itself it changes nothing
        first, house = self.actors[party], self.house(party)
        for one in self._waiting.pop(party):
            if one.registration == registration:
                one.approved = True
                one.keys += first.keys[1:] if one is not first else []  # those that the operator has added meanwhile
                self.actors[party] = one
            else:
                self.keys[one.keys[0]].revoked = index
        if house != self.house(party):
            self.rehoused[party] = index

    def _add_key(self, actor: Actor, public: bytes, index: int) -> None:
        name = b64u(key_id(public))
        self.keys[name] = Key(public, actor.actor, index)
        actor.keys.append(name)

    def _fold_key(self, statement: Statement, body: KeyBody, index: int, received_ms: int) -> None:
        if body.use == "log":
            self.log_keys.fold(body, index, received_ms)
            return
        party = statement.subjects["party"]
        public = parse_public(body.key)
        if body.event == "add":
            self._add_key(self.actors[party], public, index)
            return
        known = self.keys[b64u(key_id(public))]
        if body.event == "rotate":
            known.rotated_ms = received_ms
        else:
            since = moment_ms(body.since) if isinstance(body.since, str) else None  # may refuse, before anything has changed
            known.revoked, known.suspect_since_ms = index, since
