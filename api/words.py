"""Words for codes. View models carry codes; here stands what a person reads for each, to be translated by gettext.

Each table is a gettext context, so that one English word may become two Chinese ones. An unknown code is shown as it is.
"""

from __future__ import annotations

from typing import Final


def words(context: str, message: str) -> tuple[str, str]:
    """Mark a message for `pybabel extract` (keyword `words:1c,2`)."""
    return context, message


KINDS: Final = {
    "listing": words("kind", "Put on sale"),
    "item": words("kind", "Made or packed"),
    "sale": words("kind", "Sold"),
    "consign": words("kind", "Parcel handed in for carriage"),
    "dispatch": words("kind", "Dispatched"),
    "scan": words("kind", "Scanned"),
    "delivery": words("kind", "Delivered"),
    "confirm": words("kind", "Confirmed"),
    "review": words("kind", "Review"),
    "complaint": words("kind", "Complaint"),
    "reply": words("kind", "Answer"),
    "case": words("kind", "Complaint handling"),
    "return": words("kind", "Returned by the buyer"),
    "relist": words("kind", "Put on sale again"),
    "inspection": words("kind", "Inspection"),
    "recall": words("kind", "Recall"),
    "claim": words("kind", "Claimed by its buyer"),
    "correction": words("kind", "Correction"),
    "void": words("kind", "Number declared void"),
    "mandate": words("kind", "Mandate given"),
    "actor": words("kind", "Registration"),
    "key": words("kind", "Signing key added or changed"),
    "commitment": words("kind", "Public commitment"),
    "check": words("kind", "Official check"),
    "licence": words("kind", "Licence"),
    "penalty": words("kind", "Administrative penalty"),
    "appeal": words("kind", "Appeal to the postal authority"),
    "traffic": words("kind", "Traffic findings"),
    "exclusion": words("kind", "Parcels left out of the rating"),
    "publication": words("kind", "Service rating published"),
    "warning": words("kind", "Service warning"),
    "breach": words("kind", "Breach found"),
    "list": words("kind", "Official list"),
    "objection": words("kind", "Objection"),
    "repair": words("kind", "Credit repaired"),
    "erasure": words("kind", "Erased by law"),
}

SCANS: Final = {
    "CREATED": words("scan", "Waybill made, parcel not handed over yet"),
    "PICKED_UP": words("scan", "Picked up by the courier"),
    "HUB_IN": words("scan", "Arrived at a sorting centre"),
    "HUB_OUT": words("scan", "Left the sorting centre"),
    "HANDOVER": words("scan", "Handed over to another courier"),
    "EXPORT_CUSTOMS": words("scan", "At export customs"),
    "ARRIVED_COUNTRY": words("scan", "Arrived in the country of destination"),
    "IMPORT_CUSTOMS": words("scan", "At import customs"),
    "CUSTOMS_CLEARED": words("scan", "Cleared customs"),
    "CUSTOMS_PROBLEM": words("scan", "Held by customs"),
    "AT_DELIVERY_DEPOT": words("scan", "At the delivery depot"),
    "OUT_FOR_DELIVERY": words("scan", "Out for delivery"),
    "ATTEMPT_FAILED": words("scan", "Delivery attempt failed"),
    "READY_FOR_PICKUP": words("scan", "Ready to be picked up"),
    "DELIVERED": words("scan", "Delivered"),
    "RECIPIENT_CONFIRMED": words("scan", "Confirmed by the recipient"),
    "REFUSED": words("scan", "Refused by the recipient"),
    "RETURNING": words("scan", "On its way back to the sender"),
    "RETURNED": words("scan", "Back with the sender"),
    "HELD": words("scan", "Held"),
    "DELAYED": words("scan", "Delayed"),
    "DAMAGED": words("scan", "Damaged"),
    "LOST": words("scan", "Declared lost"),
    "FOUND": words("scan", "Found again"),
    "CANCELLED": words("scan", "Cancelled"),
}

CONFIRMS: Final = {
    "accepts": words("confirm", "Accepted by the carrier"),
    "received": words("confirm", "Receipt confirmed by the recipient"),
    "refuses": words("confirm", "Not accepted by the carrier"),
    "approves": words("confirm", "Registration countersigned"),
}

REVIEWS: Final = {
    "follow": words("review", "Follow-up review"),
}

LISTINGS: Final = {
    "open": words("kind", "Put on sale"),
    "change": words("kind", "Offer changed"),
    "close": words("kind", "Taken off sale"),
}

RECALLS: Final = {
    "start": words("kind", "Recall"),
    "finish": words("kind", "Recall ended"),
}

INSPECTIONS: Final = {
    "pass": words("inspection", "Inspection passed"),
    "fail": words("inspection", "Inspection failed"),
}

COMPLAINTS: Final = {
    "delay": words("complaint", "late delivery"),
    "lost": words("complaint", "lost"),
    "damaged": words("complaint", "damaged or short"),
    "attitude": words("complaint", "attitude of staff"),
    "false_signoff": words("complaint", "signed off without delivery"),
    "locker_without_consent": words("complaint", "left in a locker or at a station without consent"),
    "not_my_order": words("complaint", "not my order"),
    "counterfeit": words("complaint", "suspected counterfeit"),
    "privacy": words("complaint", "personal data exposed"),
    "not_as_described": words("complaint", "not as described"),
    "quality": words("complaint", "quality of the goods"),
    "other": words("complaint", "other"),
}

CASES: Final = {
    "RECEIVED": words("case", "Received, with the party first asked"),
    "ANSWERED": words("case", "Answered"),
    "ACKNOWLEDGED": words("case", "Acknowledged"),
    "TRIAGED": words("case", "Assigned"),
    "WITH_PARTY": words("case", "Waiting for an answer"),
    "OVERDUE": words("case", "Answer overdue"),
    "PROPOSED": words("case", "Remedy offered"),
    "ACCEPTED": words("case", "Remedy accepted"),
    "REJECTED_BY_CONSUMER": words("case", "Remedy declined"),
    "CLOSED_NO_ANSWER": words("case", "Closed, complainant did not reply"),
    "ESCALATED": words("case", "Passed to the regulator"),
    "DECIDED": words("case", "Decided"),
    "APPEALED": words("case", "Under appeal"),
    "REMEDIED": words("case", "Remedied"),
    "REOPENED": words("case", "Reopened"),
    "HIDDEN": words("case", "Words of the review hidden"),
    "RESTORED": words("case", "Words of the review shown again"),
    "upheld": words("case", "Upheld"),
    "part": words("case", "Upheld in part"),
    "not_upheld": words("case", "Not upheld"),
    "undetermined": words("case", "Could not be determined"),
}

STEPS: Final = {
    "listing": words("step", "Listed"),
    "sale": words("step", "Sold"),
    "dispatch": words("step", "Sent"),
    "transit": words("step", "Transit"),
    "delivery": words("step", "Arrived"),
    "review": words("step", "Review"),
    "complaint": words("step", "Issue"),
    "consign": words("step", "Handed in"),
    "pickup": words("step", "Picked up"),
    "out_for_delivery": words("step", "On its round"),
}

STEP_NOTES: Final = {
    "open": words("note", "open"),
    "upheld": words("note", "upheld"),
    "closed": words("note", "closed"),
    "refused": words("note", "refused"),
    "returned": words("note", "returned"),
    "lost": words("note", "lost"),
    "failed": words("note", "failed"),
}

STANDINGS: Final = {
    "listed": words("standing", "On sale"),
    "sold": words("standing", "Sold, not sent yet"),
    "dispatched": words("standing", "Sent, not yet scanned by the courier"),
    "picked_up": words("standing", "Picked up by the courier"),
    "in_transit": words("standing", "On its way"),
    "out_for_delivery": words("standing", "Out for delivery"),
    "ready_for_pickup": words("standing", "Waiting to be picked up"),
    "delivered": words("standing", "Signed off as delivered"),
    "received": words("standing", "Delivered, and confirmed by the recipient"),
    "attempt_failed": words("standing", "Delivery attempt failed"),
    "refused": words("standing", "Refused by the recipient"),
    "returning": words("standing", "On its way back to the sender"),
    "returned": words("standing", "Back with the sender"),
    "held": words("standing", "Held on the way"),
    "delayed": words("standing", "Delayed"),
    "damaged": words("standing", "Damaged on the way"),
    "lost": words("standing", "Lost on the way"),
    "cancelled": words("standing", "Carriage cancelled"),
    "stale": words("standing", "No scan for 30 days"),
}

METHODS: Final = {
    "in_person": words("method", "To the recipient in person"),
    "by_named_proxy": words("method", "To an agent the recipient named"),
    "household_member": words("method", "To a member of the household"),
    "neighbour": words("method", "To a neighbour"),
    "reception": words("method", "At a reception desk"),
    "locker": words("method", "Parcel locker"),
    "station": words("method", "Pick-up station"),
    "safe_place": words("method", "Left in an agreed place"),
}

CONSENTS: Final = {
    "none": words("consent", "no consent recorded"),
    "standing": words("consent", "standing consent"),
    "this_parcel": words("consent", "consent for this parcel"),
}

FACES: Final = {
    "overall": words("face", "Overall"),
    "acceptance": words("face", "Taking orders"),
    "pickup": words("face", "Pick-up"),
    "delivery": words("face", "Delivery"),
    "aftersales": words("face", "After-sales"),
    "information": words("face", "Information"),
}

PERMITS: Final = {
    "business": words("permit", "Business licence"),
    "express": words("permit", "Express delivery licence"),
    "outlet": words("permit", "Outlet registration"),
}

PERMIT_STATES: Final = {
    "valid": words("permit", "in force"),
    "expired": words("permit", "expired"),
    "suspend": words("permit", "suspended"),
    "revoke": words("permit", "revoked"),
    "lapse": words("permit", "lapsed"),
}

# Files of evidence beside the book.
FORMS: Final = {
    "photo": words("form", "Photo"),
    "signature": words("form", "Picture of a signature"),
    "report": words("form", "Report"),
    "document": words("form", "Document"),
    "weight": words("form", "Record of the weight"),
    "recording": words("form", "Recording"),
    "other": words("form", "Other file"),
}
