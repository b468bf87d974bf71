"""The registry of types: what each may say, which subjects it names and in which streams it stands.

One table. Writing a type that is not here, or only reserved, is refused; verifying one is not:
its entries count as "not understood". Source: DESIGN 3.1, 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import bodies, credit, erasure, findings, voices
from .terms import Ground, Row

Ref = Literal["none", "optional", "required"]

# Stream letters and the subject field each is made of; "c" takes the carrier out of a waybill key.
STREAM_OF = {"item": "p", "lot": "p", "class": "p", "offer": "l", "waybill": "w", "next": "w"}


@dataclass(frozen=True, slots=True)
class Type:
    """One registered type.

    Attributes:
        name: As in a statement's `type`.
        body: Schema of the body; None while the type is only reserved.
        subjects: Alternatives, each the exact set of subject fields; an optional field ends in "?".
        streams: (stream letter, subject field) pairs the statement stands in, for the fields it has.
        ref: Whether it refers to another statement.
        refers_to: Types it may refer to; empty means any.
        withhold: Grounds on which a bundle may withhold it; empty means never.
    """

    name: str
    body: type[Row] | None
    subjects: tuple[tuple[str, ...], ...]
    streams: tuple[tuple[str, str], ...]
    ref: Ref = "none"
    refers_to: tuple[str, ...] = ()
    withhold: tuple[Ground, ...] = ()


_P = (("p", "item"),)
_PLOT = (("p", "lot"), ("p", "class"))
_W = (("w", "waybill"), ("c", "waybill"))
_ITEM, _WAYBILL, _PARTY = (("item",),), (("waybill",),), (("party",),)
_EITHER = (("item",), ("waybill",))
_CLASSES = (("class",), ("lot",))
_C, _S, _A = (("c", "company"), ("s", "company")), (("s", "party"),), (("a", "party"),)
# About a parcel they stand with the parcel alone: in the company's file they would call it into every story of the company.
_FILE = (("party",), ())
_FINDINGS = ("penalty", "breach", "list", "warning", "check", "traffic", "appeal", "objection")
_TEXT: tuple[Ground, ...] = ("law", "request", "term")
_TERM: tuple[Ground, ...] = ("law", "repair", "term")


def _rows() -> tuple[Type, ...]:
    b, c, f, v = bodies, credit, findings, voices
    return (
        Type("item", b.ItemBody, (("item", "lot?"),), _P),
        Type("listing", b.ListingBody, (("offer",),), (("l", "offer"),)),
        Type("sale", b.SaleBody, (("item", "offer"),), _P),
        Type("dispatch", b.DispatchBody, (("item", "waybill"),), _P),
        Type("return", b.ReturnBody, _ITEM, _P),
        Type("relist", b.RelistBody, (("item", "offer"),), _P),
        Type("claim", b.ClaimBody, _ITEM, _P),
        Type(
            "review",
            v.ReviewBody,
            (("item", "offer"), ("waybill",)),
            (*_P, ("r", "offer"), *_W),
            ref="optional",
            refers_to=("claim", "review"),
            withhold=_TEXT,
        ),
        Type("complaint", v.ComplaintBody, _EITHER, (*_P, *_W), withhold=_TEXT),
        Type("consign", b.ConsignBody, _WAYBILL, _W),
        Type("scan", b.ScanBody, (("waybill", "next?"),), (*_W, ("w", "next"), ("c", "next"))),
        Type("delivery", b.DeliveryBody, _WAYBILL, _W),
        Type("confirm", b.ConfirmBody, ((),), (), ref="required"),
        Type("reply", v.ReplyBody, ((),), (), ref="required", withhold=_TEXT),
        Type("case", v.CaseBody, ((),), (), ref="required", refers_to=("complaint", "review"), withhold=_TEXT),
        Type("correction", b.CorrectionBody, ((),), (), ref="required"),
        Type("erasure", erasure.ErasureBody, ((),), (), ref="required"),
        Type("inspection", f.InspectionBody, _CLASSES, _PLOT),
        Type("recall", f.RecallBody, _CLASSES, _PLOT),
        Type("commitment", b.CommitmentBody, _PARTY, _A),
        Type("mandate", b.MandateBody, _PARTY, _A),
        Type("actor", b.ActorBody, (("party", "company?"),), (*_A, ("k", "party"), ("d", "company"))),
        Type("key", b.KeyBody, _PARTY, (("k", "party"),)),
        Type("void", b.VoidBody, _PARTY, (("k", "party"),)),
        Type("exclusion", f.ExclusionBody, (("company",),), _C),
        Type("check", f.CheckBody, (("company",),), _C, withhold=_TERM),
        Type(
            "appeal",
            f.AppealBody,
            (("company",), ("waybill",)),
            (*_C, *_W),
            ref="optional",
            refers_to=("appeal", "complaint"),
            withhold=_TEXT,
        ),
        Type("traffic", f.TrafficBody, (("company",),), _C, withhold=_TERM),
        Type("publication", c.PublicationBody, _PARTY, _S),
        Type("breach", c.BreachBody, (("company",),), _C, withhold=_TERM),
        Type("penalty", c.PenaltyBody, _PARTY, _S, withhold=_TERM),
        Type("licence", c.LicenceBody, _PARTY, _A),
        Type("list", c.ListBody, _PARTY, _S, withhold=_TERM),
        Type("warning", c.WarningBody, _FILE, _S, "optional", ("warning", "objection", "repair"), _TERM),
        Type("objection", c.ObjectionBody, _FILE, _S, ref="required", withhold=_TERM),
        Type("repair", c.RepairBody, _FILE, _S, "required", _FINDINGS),
    )


TYPES: dict[str, Type] = {row.name: row for row in _rows()}
WRITABLE = frozenset(name for name, row in TYPES.items() if row.body is not None)
NEVER_WITHHELD = frozenset(("key", "actor", "mandate", "recall", "correction"))
