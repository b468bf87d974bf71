"""Bounds how many streams one actor may open in one crowded bucket of the map.

Whoever chooses serials until their hashes fall together makes one bucket grow, and with it the work of every epoch and the
proof of everybody whose stream lies there. By chance no bucket grows far above the mean, so only a crowded one is watched,
and in it each actor has a share of its own: nobody can use up another's. Counted in memory: a restart forgives, and a book
that is verified does not ask. Source: DESIGN 3.3; issue of speed, back-pressure and fairness.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable

from ..errors import Refused
from ..limits import BUCKET_CROWDED_MEANS, BUCKET_CROWDED_MIN, BUCKET_SHARES_MAX, BUCKET_STREAMS_MAX
from ..map import Map
from ..map_hash import map_key, slot_of


class Crowd:
    """Who has opened how many streams in which crowded bucket.

    Args:
        map_: The map; asked only by the thread that changes it.
    """

    def __init__(self, map_: Map) -> None:
        self._map = map_
        self._opened: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._names: set[str] = set()  # streams opened in the group that is judged now: the map has them only after it
        self._fresh: Counter[int] = Counter()  # how many of these are in which bucket

    def begin(self) -> None:
        """A new group is judged; the map holds what the groups before it opened."""
        self._names.clear()
        self._fresh.clear()

    def admit(self, actor: str, streams: Iterable[str]) -> None:
        """Let an actor open streams, and count them where it is crowded.

        Raises:
            Refused: `bucket-crowded`; nothing was counted.
        """
        crowded = max(BUCKET_CROWDED_MIN, BUCKET_CROWDED_MEANS * self._map.streams >> self._map.depth)
        names = [name for name in streams if name not in self._names]
        slots = [slot_of(map_key(name), self._map.depth) for name in names]
        watched = [(actor, slot) for slot in slots if self._map.count_in(slot) + self._fresh[slot] >= crowded]
        for share in watched:
            if self._opened.get(share, 0) + watched.count(share) > BUCKET_STREAMS_MAX:
                raise Refused(
                    "bucket-crowded",
                    f"this actor has opened {BUCKET_STREAMS_MAX} streams in a bucket of the map that holds more than {crowded}",
                    "/subjects",
                )
        self._names.update(names)
        self._fresh.update(slots)
        for share in watched:
            self._opened[share] = self._opened.get(share, 0) + 1
            self._opened.move_to_end(share)
        while len(self._opened) > BUCKET_SHARES_MAX:
            self._opened.popitem(last=False)
