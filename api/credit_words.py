"""Words of the rating, for codes of its view models; as `words.py`, each table a gettext context."""

from __future__ import annotations

from typing import Final

from .words import words

COLOURS: Final = {
    "blue": words("colour", "blue"),
    "yellow": words("colour", "yellow"),
    "red": words("colour", "red"),
    "grey": words("colour", "grey"),
}
RATED: Final = {
    "A": words("rated", "very good"),
    "B": words("rated", "good"),
    "C": words("rated", "fair"),
    "D": words("rated", "poor"),
    "": words("rated", "not graded"),
}
CONFIDENCES: Final = {
    "high": words("confidence", "high"),
    "middle": words("confidence", "middle"),
    "low": words("confidence", "low"),
    "none": words("confidence", "too few parcels"),
}
NOTES: Final = {
    "sample": words("rating note", "Too few parcels: not graded, facts only."),
    "own_data": words("rating note", "Too little data of its own: not graded, facts only."),
    "review": words("rating note", "Under review by a named person."),
    "decision": words("rating note", "Red by a decision of the competent authority, not by its score."),
}
UNITS: Final = {
    "percent": words("unit", "%"),
    "per_million": words("unit", "per million"),
    "stars": words("unit", "stars"),
    "per_100_months": words("unit", "per 100 courier-months"),
    "points": words("unit", "points"),
}
SIDES: Final = {
    "better": words("side", "better than the benchmark"),
    "worse": words("side", "worse than the benchmark"),
    "even": words("side", "not told apart from the benchmark"),
    "lost": words("side", "points taken off"),
    "clean": words("side", "nothing taken off"),
}
DEGREES: Final = {
    "light": words("degree", "light"),
    "general": words("degree", "general"),
    "serious": words("degree", "serious"),
}
APART: Final = {
    "closing": words("apart", "Parcels younger than ten days: not counted yet"),
    "unanswered": words("apart", "Hand-ins neither accepted nor refused in 48 hours"),
    "refused": words("apart", "Hand-ins the company refused"),
    "excluded": words("apart", "Parcels taken out by a regulator"),
    "excused": words("apart", "Parcels whose cause lay with somebody else, as that side or a decision says"),
    "own_house": words("apart", "Parcels of a shop of the company's own house"),
    "quarantined": words("apart", "Parcels set apart because they look like brushing; no finding"),
    "late_sync": words("apart", "Sign-offs recorded too late to count as on time"),
    "pending": words("apart", "Complaints and appeals not decided yet"),
    "unproved": words("apart", "Complaints from nobody who proved to be a party"),
    "abusive": words("apart", "Complaints found to be the complainant's own fault"),
    "silent": words("apart", "Complaints closed by silence after an answer"),
    "counted_in": words("apart", "Parcels with several cases, scored in the heaviest only"),
    "outside": words("apart", "Cases whose parcel is not in this book"),
}
DECISIONS: Final = {
    "warning": words("decision", "Warning by the authority"),
    "notice": words("decision", "Notice of criticism"),
    "fine": words("decision", "Fine"),
    "confiscation": words("decision", "Confiscation"),
    "suspension": words("decision", "Suspension of business"),
    "revocation": words("decision", "Licence revoked"),
    "restriction": words("decision", "Restriction"),
    "data_leak": words("decision", "People's data leaked"),
    "data_sale": words("decision", "People's data sold"),
    "data_abuse": words("decision", "People's data abused"),
    "commitment": words("decision", "A public commitment broken"),
    "serious_dishonesty": words("decision", "Official list of serious dishonesty"),
    "abnormal": words("decision", "Official list of abnormal operation"),
    "honest": words("decision", "Official list of honest companies"),
}
WARNING_GROUNDS: Final = {
    "appeals": words("warning ground", "valid appeals far above the benchmark"),
    "complaints": words("warning ground", "complaints not answered in time"),
    "fall": words("warning ground", "a rating that fell by ten points or more in a month"),
    "gaps": words("warning ground", "waybills with gaps in their record"),
    "commitment": words("warning ground", "a commitment broken"),
}
CLOCKS: Final = {
    "answer": words("clock", "answer due by"),
    "acceptance": words("clock", "closes unless turned down by"),
    "decision": words("clock", "decision due by"),
}

PROMISES: Final = {
    "dispatch": words("promise", "Sent"),
    "delivery": words("promise", "Delivered"),
    "return": words("promise", "May be sent back"),
}

PROMISE_STATES: Final = {
    "kept": words("promised", "kept"),
    "broken": words("promised", "not kept"),
    "open": words("promised", "not due yet"),
    "asked": words("promised", "sent back; the seller has not said that it took it back"),
    "unused": words("promised", "the time is over; nothing was sent back"),
    "void": words("promised", "no longer: refused or sent back"),
}
