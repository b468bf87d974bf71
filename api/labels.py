"""More words for codes: grades and their reasons, flags, odd times, roles, states, grounds. See `words.py`."""

from __future__ import annotations

from typing import Final

from .words import words

GRADES: Final = {
    "A": words("grade", "Counter-signed"),
    "B": words("grade", "Two independent organisations"),
    "C": words("grade", "One organisation, with physical evidence"),
    "D": words("grade", "Claim only"),
}

GRADE_REASONS: Final = {
    "counter_signed": words("reason", "the other side of the hand-over signed too"),
    "two_organisations": words("reason", "two organisations that have no owner and no key holder in common signed it"),
    "physical": words("reason", "one organisation signed and recorded a photo, a weight or a release code"),
    "claim_only": words("reason", "only its signer says so"),
    "shared_holder": words("reason", "the signatures share an owner or a key holder, so they count as one"),
    "no_code": words("reason", "signed without the code that came with the goods, so nobody stands behind the key"),
    "simulated": words("reason", "simulated data"),
    "imported": words("reason", "imported from another system, not signed by those who did it"),
    "relayed": words("reason", "passed on by somebody else"),
}

FLAGS: Final = {
    "no_consent": words("flag", "No consent recorded"),
    "after_delivery": words("flag", "Claimed after delivery"),
    "probable_duplicate": words("flag", "Probably recorded twice"),
    "overdue": words("flag", "Answer overdue"),
    "insider": words("flag", "Author belongs to a party"),
    "abusive": words("flag", "Found abusive"),
    "disputed": words("flag", "Disputed"),
    "not_understood": words("flag", "Type not understood"),
    "self_dealing": words("flag", "Buyer and seller are connected"),
}

ODDITIES: Final = {
    "late": words("oddity", "Recorded over 2 hours later"),
    "very_late": words("oddity", "Recorded over 3 days later"),
    "out_of_order": words("oddity", "Earlier than the step before it"),
    "ahead": words("oddity", "Clock ahead"),
    "assumed": words("oddity", "Time zone assumed"),
    "too_fast": words("oddity", "Implausibly fast"),
}

SOURCES: Final = {
    "relay": words("source", "Relayed"),
    "import": words("source", "Imported"),
    "simulated": words("source", "Simulated"),
}

ROLES: Final = {
    "operator": words("role", "the operator of this book"),
    "platform": words("role", "a platform"),
    "merchant": words("role", "a merchant"),
    "warehouse": words("role", "a warehouse"),
    "courier": words("role", "a courier company"),
    "outlet": words("role", "an outlet"),
    "station": words("role", "a pick-up station"),
    "device": words("role", "a courier device"),
    "lab": words("role", "a laboratory"),
    "regulator": words("role", "a regulator"),
    "consumer": words("role", "a consumer"),
}

STATUSES: Final = {
    "active": words("status", "Registered"),
    "unapproved": words("status", "Registration not countersigned"),
    "suspended": words("status", "Suspended"),
    "revoked": words("status", "Registration withdrawn"),
    "left": words("status", "Has left"),
    "unregistered": words("status", "Never registered here"),
}

LICENCES: Final = {
    "express": words("licence", "Courier licence"),
    "business": words("licence", "Business licence"),
}

KEY_HOLDERS: Final = {
    "self": words("holder", "the company itself"),
    "platform": words("holder", "a platform, on its behalf"),
    "operator": words("holder", "the operator of this book, on its behalf"),
}

GROUNDS: Final = {
    "law": words("ground", "required by law"),
    "request": words("ground", "at the request of the person concerned"),
    "repair": words("ground", "credit repair"),
    "term": words("ground", "its legal term has ended"),
}

SCOPES: Final = {
    "lot": words("scope", "lot"),
    "class": words("scope", "all goods of this kind"),
    "item": words("scope", "this item"),
}

REMEDIES: Final = {
    "refund": words("remedy", "refund"),
    "replace": words("remedy", "replacement"),
    "repair": words("remedy", "repair"),
    "return": words("remedy", "send it back"),
    "destroy": words("remedy", "destroy it"),
    "stop_use": words("remedy", "stop using it"),
    "compensation": words("remedy", "compensation"),
    "redelivery": words("remedy", "delivered again"),
    "apology": words("remedy", "apology"),
    "none": words("remedy", "none"),
}

SERVICES: Final = {
    "door": words("service", "to the door"),
    "locker": words("service", "to a locker"),
    "station": words("service", "to a pick-up station"),
    "pickup": words("service", "collected by the recipient"),
}

ABOUTS: Final = {
    "item": words("about", "this item"),
    "lot": words("about", "its lot"),
    "class": words("about", "goods of this kind"),
    "offer": words("about", "the seller's offer"),
    "waybill": words("about", "the parcel"),
    "actor": words("about", "the company"),
}

HEADS: Final = {
    "answer_24h": words("commitment", "Answers complaints within 24 hours"),
    "door_delivery": words("commitment", "Delivers to the door"),
    "no_locker_without_consent": words("commitment", "Uses no locker or station without consent"),
    "privacy_label": words("commitment", "Prints labels without personal data"),
    "on_time": words("commitment", "Delivers by the promised time"),
    "compensation": words("commitment", "Pays compensation first, settles blame later"),
}

RECALL_REASONS: Final = {
    "safety": words("recall", "a safety hazard"),
    "contamination": words("recall", "contamination"),
    "labelling": words("recall", "wrong labelling"),
    "quality": words("recall", "a quality defect"),
    "undeclared_allergen": words("recall", "an undeclared allergen"),
}

PARTIES_AT_CAUSE: Final = {
    "carrier": words("party", "courier"),
    "sender": words("party", "sender"),
    "recipient": words("party", "recipient"),
    "customs": words("party", "customs"),
    "external": words("party", "nobody's fault"),
    "unknown": words("party", "unknown"),
}

CAUSES: Final = {
    "lost": words("cause", "lost"),
    "damaged": words("cause", "damaged"),
    "missort": words("cause", "sorted wrongly"),
    "vehicle": words("cause", "vehicle broke down"),
    "capacity": words("cause", "too many parcels"),
    "insufficient_time": words("cause", "ran out of time"),
    "address_not_found": words("cause", "address not found"),
    "wrong_data": words("cause", "wrong details"),
    "packaging": words("cause", "poor packaging"),
    "not_ready": words("cause", "parcel not ready"),
    "prohibited": words("cause", "prohibited goods"),
    "cancelled": words("cause", "cancelled"),
    "absent": words("cause", "nobody there"),
    "refused": words("cause", "refused"),
    "wrong_address": words("cause", "wrong address"),
    "moved": words("cause", "moved away"),
    "closed": words("cause", "closed"),
    "no_access": words("cause", "no access"),
    "unpaid": words("cause", "not paid"),
    "id_failed": words("cause", "identity check failed"),
    "requested_later": words("cause", "asked for another day"),
    "inspection": words("cause", "inspection"),
    "documents": words("cause", "papers missing"),
    "duty_unpaid": words("cause", "duty not paid"),
    "weather": words("cause", "weather"),
    "disaster": words("cause", "disaster"),
    "civil": words("cause", "civil disturbance"),
    "strike": words("cause", "strike"),
}
