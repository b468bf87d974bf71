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
    "in_dispute": words("flag", "Objection being handled"),
    "hidden": words("flag", "Words hidden"),
    "not_understood": words("flag", "Type not understood"),
    "key_stolen": words("flag", "Key reported lost or stolen by then"),
}

ODDITIES: Final = {
    "late": words("oddity", "Recorded over 2 hours later"),
    "very_late": words("oddity", "Recorded over 3 days later"),
    "out_of_order": words("oddity", "Earlier than the step before it"),
    "ahead": words("oddity", "Clock ahead"),
    "assumed": words("oddity", "Time zone assumed"),
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
    "deliver": words("remedy", "deliver it"),
    "apology": words("remedy", "apology"),
    "none": words("remedy", "none"),
}

PROVED: Final = {
    "nothing": words("proved", "nothing"),
    "ordered": words("proved", "ordered"),
    "ordered_claimed": words("proved", "ordered; holds the code from the goods"),
    "delivered": words("proved", "ordered; handed over"),
    "delivered_claimed": words("proved", "ordered; handed over; holds the code from the goods"),
    "parcel_code": words("proved", "holds the parcel's code"),
    "sender": words("proved", "sent the parcel"),
}

# Codes of trace/verdict.py and trace/reviews.py; "yes" is said of one item's story, which knows no burst of its offer.
COUNTS: Final = {
    "yes": words("counts", "yes, unless its offer shows a burst"),
    "hidden": words("counts", "no: hidden under a rule; the averages with it stand beside"),
    "borrowed": words("counts", "no: imported, relayed or simulated"),
    "not_ordered": words("counts", "no: found that nobody ordered this"),
    "suspended": words("counts", "not now: somebody says that nobody ordered this"),
    "early_claim": words("counts", "no: the code from inside the parcel was used before the sign-off"),
    "own_word": words("counts", "no: only the seller's own side says that there was a sale and a hand-over"),
    "repeat": words("counts", "no: the same key has reviewed this offer before"),
    "burst": words("counts", "no: too many reviews of one offer within an hour"),
}

HIDING_RULES: Final = {
    "off_topic": words("hiding", "off the topic"),
    "unlawful": words("hiding", "unlawful"),
    "personal_data": words("hiding", "somebody's personal data"),
    "abuse": words("hiding", "abuse"),
    "for_gain": words("hiding", "a demand for gain"),
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
    "lawfulness": words("commitment", "Lawful business"),
    "true_data": words("commitment", "True data"),
    "price": words("commitment", "Honest prices"),
    "quality": words("commitment", "Quality"),
    "service": words("commitment", "Service"),
    "liability": words("commitment", "Liability for breach"),
}

RECALL_REASONS: Final = {
    "safety": words("recall", "a safety hazard"),
    "labelling": words("recall", "wrong labelling"),
    "quality": words("recall", "a quality defect"),
    "other": words("recall", "other reasons"),
}

CATEGORIES: Final = {
    "general": words("category", "General goods"),
    "farm_food": words("category", "Edible farm produce"),
    "food": words("category", "Food"),
    "drugs": words("category", "Drugs"),
    "farm_inputs": words("category", "Farm supplies"),
    "special_equipment": words("category", "Special equipment"),
    "dangerous": words("category", "Dangerous goods"),
    "rare_earth": words("category", "Rare-earth products"),
}

CHANNELS: Final = {
    "shop": words("channel", "own online shop"),
    "platform": words("channel", "online platform"),
    "live": words("channel", "live stream"),
    "social": words("channel", "social media"),
    "counter": words("channel", "over the counter"),
}

ERASURES: Final = {
    "withdrawn": words("erasure", "Words withdrawn by their author"),
    "erased": words("erasure", "Erased by law"),
    "sealed": words("erasure", "Sealed by law"),
}
EVENTS: Final = {
    "open": words("event", "opened"),
    "change": words("event", "changed"),
    "close": words("event", "closed"),
    "start": words("event", "started"),
    "finish": words("event", "ended"),
    "grant": words("event", "granted"),
    "revoke": words("event", "withdrawn"),
    "register": words("event", "registered"),
    "leave": words("event", "left"),
    "add": words("event", "added"),
    "rotate": words("event", "replaced"),
}

INSPECTION_KINDS: Final = {
    "type_test": words("test", "type test"),
    "lot_test": words("test", "lot test"),
    "sampling": words("test", "official sampling"),
    "check": words("test", "official check"),
}

CONDITIONS: Final = {
    "unopened": words("condition", "unopened"),
    "opened": words("condition", "opened"),
    "refurbished": words("condition", "refurbished"),
}

AGAINST: Final = {
    "seller": words("against", "the seller"),
    "carrier": words("against", "the carrier"),
    "buyer": words("against", "the buyer"),
    "none": words("against", "nobody"),
}

WHYS: Final = {
    "no_reason_7d": words("why", "changed their mind within seven days"),
    "damaged": words("why", "damaged"),
    "wrong_item": words("why", "wrong item"),
    "not_as_described": words("why", "not as described"),
    "recall": words("why", "recall"),
    "other": words("why", "other"),
    "did_not_occur": words("why", "it did not happen"),
    "wrong_data": words("why", "wrong data"),
    "late_data": words("why", "data came late"),
    "refused": words("why", "the statement was refused"),
    "device_lost": words("why", "device lost"),
    "queue_lost": words("why", "queue lost"),
    "routine": words("why", "routine"),
    "lost": words("why", "key lost"),
    "stolen": words("why", "key stolen"),
    "left": words("why", "its holder left"),
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
