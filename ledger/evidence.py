"""How well a step is supported: grade A to D from the signatures under it and the houses behind them.

A counter-signed, B two unrelated organisations, C one organisation with physical evidence, D claim only. Which
signatures support which step is said by `trace/evidence.py` (a product's story) and `courier/parcel.py` (a courier's
deliveries); here stands only how they are weighed. Source: DESIGN 3.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .directory import Directory
from .statement import Statement

Grade = Literal["A", "B", "C", "D"]

# Kinds of evidence file that are of the thing itself; a document or a file of another kind is one more claim.
PHYSICAL: Final = frozenset(("photo", "signature", "report", "weight", "recording"))
_BORROWED: Final = {"simulated": "simulated", "import": "imported", "relay": "relayed"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature under a step.

    Attributes:
        actor: Who signed.
        party: Who is bound by it; differs from `actor` under a mandate.
        mode: Source of the statement: own, relay, import or simulated.
        physical: Whether the statement names physical evidence.
    """

    actor: str
    party: str
    mode: str = "own"
    physical: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A grade and why; codes as in `trace.record.Evidence`.

    Attributes:
        grade: A to D.
        reason: counter_signed, two_organisations, physical, claim_only, shared_holder, no_code, simulated, imported
            or relayed.
        signers: Actors whose signatures were counted, the step's own first.
    """

    grade: Grade
    reason: str
    signers: tuple[str, ...]


def signature_of(statement: Statement) -> Signature:
    """What a statement's own signature is worth."""
    physical = any(file.kind in PHYSICAL for file in statement.evidence)
    return Signature(statement.actor, statement.party, statement.mode, physical)


class Houses:
    """Who stands behind a signature.

    Args:
        directory: Companies, controllers and key holders.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._codes: dict[str, Signature] = {}

    def issue(self, public: str, issuer: Signature) -> None:
        """Remember who issued a consumer's code.

        Args:
            public: Public half of the code's key, 44 characters.
            issuer: Signature of the `sale` or `consign` that carries it. The first issuer of a key stays: a later
                statement cannot take a code over.
        """
        self._codes.setdefault(public, issuer)

    def bind(self, public: str, code: str) -> None:
        """Remember that the holder of a code bound a key of her own (`claim`); an unknown code binds nothing."""
        issuer = self._codes.get(code)
        if issuer is not None:
            self._codes.setdefault(public, issuer)

    def behind(self, signature: Signature) -> frozenset[str]:
        """Everybody who stands behind a signature; empty for a consumer's key without an issued code."""
        if not signature.actor.startswith("anon:"):
            return self._directory.house(signature.actor) | self._directory.house(signature.party)
        issuer = self._codes.get(signature.actor[5:])
        return frozenset() if issuer is None else self.behind(issuer)


def judge(step: Signature, counter: Iterable[Signature], others: Iterable[Signature], houses: Houses) -> Judgement:
    """Grade one step.

    Args:
        step: The step's own signature.
        counter: Signatures of the other side of the hand-over, under this very step.
        others: Signatures of other organisations that could not be there had the step not happened.
        houses: Who stands behind whom.
    """
    if step.mode != "own":
        return Judgement("D", _BORROWED.get(step.mode, "relayed"), ())
    house = houses.behind(step)
    if not house:
        return Judgement("D", "no_code", ())
    counter, others = list(counter), list(others)
    found = _independent(house, counter, houses)
    if found is not None:
        return Judgement("A", "counter_signed", (step.actor, found.actor))
    found = _independent(house, others, houses)
    if found is not None:
        return Judgement("B", "two_organisations", (step.actor, found.actor))
    if step.physical:
        return Judgement("C", "physical", (step.actor,))
    own = [s for s in counter + others if s.mode == "own"]
    if any(houses.behind(s) for s in own):
        return Judgement("D", "shared_holder", (step.actor,))
    return Judgement("D", "no_code" if own else "claim_only", (step.actor,))


def _independent(house: frozenset[str], signatures: Sequence[Signature], houses: Houses) -> Signature | None:
    """The first signature of one's own doing whose house has nobody in common with the given one."""
    for signature in signatures:
        behind = houses.behind(signature)
        if signature.mode == "own" and behind and not behind & house:
            return signature
    return None
