"""Where a link's label, or ``<center>``, stops: known before it is read.

Both are given up when they do not end as they should, and their content is then read
again as something else. To try each in turn would cost, for ``[[[[…``, the square of
the text's length, and for labels within constructs within labels far more. So for all
places of a text at once it is worked out, from the last to the first, where the
construct that begins there ends, if it were read at a given depth:

- what holds nothing ends where it ends, at any depth;
- what holds others ends at its stop, which is where the same question, asked one level
  deeper for the place its content begins, finds it; beyond the nesting limit it is
  simply the next place where the stop stands;
- a stop is reached from a place if it stands there, or is reached from where the
  construct that begins there ends.

Each of these is one look-up, so a depth costs as much as the text has places where
something may begin, and there are at most as many depths as the limit.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from app.mfm import patterns as p

if TYPE_CHECKING:
    from app.mfm.inline import Inline

# With this many places or fewer, depths that the text cannot reach are left out.
_FEW = 200

# At one depth: where what begins at each place ends, and each stop's place from there.
Table = tuple[list[int], dict[p.Stop, list[int]]]


class Closings:
    """The answers for one text and one kind of place.

    ``base``: no place before it is asked about. ``last``: where the last closer stands;
    what goes beyond it cannot close. ``label``: a link's label, or else ``<center>``.

    Places are counted, and the count itself stands for "nowhere".
    """

    def __init__(self, reader: Inline, base: int, last: int, label: bool) -> None:
        self.reader = reader
        self.outer = p.LABEL if label else p.CENTER
        self.tables: dict[tuple[int, int], Table] = {}
        self.base = base
        self.links: list[tuple[int, int]] = []
        self.label_places: list[tuple[int, int]] | None = None
        self.urls: list[tuple[int, int, int]] = []
        self.url_ends: dict[int, tuple[int, int] | None] = {}
        self.tags: list[tuple[int, int]] = []
        self.ends: dict[int, int] = {}
        self.openings: dict[int, tuple[int, p.Stop]] = {}
        self._survey(base, last, label)

        stops = {stop for _, stop in self.openings.values()} | {self.outer}
        stands: dict[p.Stop, list[int]] = {}
        for stop in stops:
            found = reader.all(stop.here)
            stands[stop] = found[bisect_left(found, base) : bisect_left(found, last + 1)]
        self.places = sorted({*self.ends, *(at for found in stands.values() for at in found)})
        self.count = len(self.places)
        self.fixed = [self.place(self.ends.get(at, at + 1)) for at in self.places]
        self.holders: dict[p.Stop, list[tuple[int, int]]] = {
            stop: [] for stop in stops - {self.outer}
        }
        self.outers: dict[tuple[int, int], list[int]] = {}
        for begin, (inside, stop) in self.openings.items():
            self.holders[stop].append((self.place(begin), self.place(inside)))
        self.standing: dict[p.Stop, list[int]] = {}
        self.elsewhere: dict[p.Stop, list[int]] = {}
        self.behind: dict[p.Stop, list[int]] = {}
        for stop, found in stands.items():
            self._place_stop(stop, found)

    def stop_of(self, inside: int, depth: int) -> int:
        """Where content that begins at ``inside``, at this depth, stops; -1 if nowhere."""
        place = self.reached(depth)[self.place(inside)]
        return self.places[place] if place < self.count else -1

    def reached(self, depth: int) -> list[int]:
        """The same as places: for each, where content that begins there stops."""
        limit = self.reader.limit
        deepest = min(limit, depth + len(self.openings) + 1) if self.count <= _FEW else limit
        key = (min(depth, limit), deepest)
        if key not in self.outers:
            if depth >= limit:
                self.outers[key] = self._next_standing(self.outer)
            else:
                # No construct ends at the outer stop, so it is asked of this depth alone.
                ends, _ = self._table(depth, deepest)
                self.outers[key] = self._reach(self.outer, ends)
        return self.outers[key]

    def place(self, at: int) -> int:
        """The number of the first place at or after ``at``."""
        return bisect_left(self.places, at)

    def _survey(self, base: int, last: int, label: bool) -> None:
        """Note everything that may begin anywhere, whatever stands before it."""
        reader = self.reader
        text = reader.text
        scan = p.ANY_LABEL if label else p.ANY_INLINE
        at, run_end = base, -1
        while (found := scan(text, at)) is not None and found.start() <= last:
            begin = found.start()
            at = begin + 1
            self.ends[begin] = at
            kind = found.lastindex
            other = kind == p.OTHER
            if kind == p.URL:
                if begin >= run_end:
                    # An address within an address ends where the outer one does.
                    run = p.URL_RUN(text, found.start(p.URL))
                    run_end = run.end() if run else at
                self._note_url(begin, found.start(p.URL), run_end)
            elif kind == p.TAG:
                self._note_tag(begin, found.end())
            elif other and text[begin] in "[?":
                inside = begin + 2 if text[begin] == "?" else at
                if text[inside : inside + 1] not in ("]", "\r", "\n"):
                    self.links.append((begin, inside))
            elif (opening := reader.opening(begin) if other else None) is None:
                self.ends[begin] = reader.leaf(found, begin, 0, label)[1]
            else:
                inside, stop, _ = opening
                if inside == len(text) or stop.here.match(text, inside):
                    self.ends[begin] = inside
                else:
                    self.openings[begin] = inside, stop

    def _note_url(self, begin: int, inside: int, run_end: int) -> None:
        """An address ends where it ends, but where its brackets nest, by depth."""
        if run_end not in self.url_ends:
            ends = self.reader.url_ends(run_end, 0)
            deepest = self.reader.url_ends(run_end, self.reader.limit - 1)
            self.url_ends[run_end] = ends if ends == deepest else None
        fixed = self.url_ends[run_end]
        if fixed is None:
            self.urls.append((begin, inside, run_end))
        elif fixed[0] > inside:
            self.ends[begin] = fixed[1] if fixed[1] > inside else fixed[0]

    def _note_tag(self, begin: int, run_end: int) -> None:
        """As for an address: the same at both ends of the scale is the same between."""
        self.ends[begin] = self.reader.hashtag(begin, run_end, 0)[1]
        if self.ends[begin] != self.reader.hashtag(begin, run_end, self.reader.limit - 1)[1]:
            self.tags.append((begin, run_end))

    def _place_stop(self, stop: p.Stop, found: list[int]) -> None:
        """Number the places where a stop stands, and those behind it."""
        standing = [self.count] * (self.count + 1)
        behind = standing.copy()
        text = self.reader.text
        for at in found:
            place = self.place(at)
            standing[place] = place
            closes = stop is not p.WAVE or text[at] == "~"
            behind[place] = self.place(at + stop.size) if closes else place
        self.standing[stop] = standing
        self.behind[stop] = behind
        self.elsewhere[stop] = [
            place for place in range(self.count - 1, -1, -1) if standing[place] != place
        ]

    def _table(self, depth: int, deepest: int) -> Table:
        """For each stop and place, where the stop is reached from there at this depth."""
        first = depth
        while first < deepest and (first, deepest) not in self.tables:
            first += 1
        for level in range(first - 1, depth - 1, -1):
            self.tables[level, deepest] = self._make_table(level, deepest)
        return self.tables[depth, deepest]

    def _make_table(self, depth: int, deepest: int) -> Table:
        ends = self.fixed.copy()
        for stop, holders in self.holders.items():
            behind = self.behind[stop]
            if depth + 1 < deepest:
                reached = self.tables[depth + 1, deepest][1][stop]
            elif depth + 1 < self.reader.limit:
                # More levels than there are openings: no content lies this deep.
                reached = behind = [self.count] * (self.count + 1)
            else:
                reached = self._next_standing(stop)
            for begin, inside in holders:
                ends[begin] = behind[reached[inside]]
        self._set_by_depth(ends, depth)
        return ends, {stop: self._reach(stop, ends) for stop in self.holders}

    def _reach(self, stop: p.Stop, ends: list[int]) -> list[int]:
        """For each place where the stop is reached from it."""
        reached = self.standing[stop].copy()
        for place in self.elsewhere[stop]:
            reached[place] = reached[ends[place]]
        return reached

    def _next_standing(self, stop: p.Stop) -> list[int]:
        """For each place the next one where the stop stands, nothing being read."""
        reached = self.standing[stop].copy()
        for place in self.elsewhere[stop]:
            reached[place] = reached[place + 1]
        return reached

    def _set_by_depth(self, ends: list[int], depth: int) -> None:
        """Links, and the few things that hold nothing and yet end by depth."""
        reader = self.reader
        labels = reader.closings_of(self.base, label=True) if self.links else None
        if labels is not None:
            if self.label_places is None:
                self.label_places = [
                    (self.place(begin), labels.place(inside)) for begin, inside in self.links
                ]
            # Many labels stop at one place, so what is behind it is looked at once.
            behind = {labels.count: -1}
            reached = labels.reached(depth + 1)
            for begin, inside in self.label_places:
                stop = reached[inside]
                if stop not in behind:
                    target = reader.target(labels.places[stop], depth)
                    behind[stop] = -1 if target is None else self.place(target[1])
                if behind[stop] >= 0:
                    ends[begin] = behind[stop]
        known: dict[int, tuple[int, int]] = {}
        for begin, inside, run_end in self.urls:
            if run_end not in known:
                known[run_end] = reader.url_ends(run_end, depth)
            end, kept = known[run_end]
            if end > inside:
                ends[self.place(begin)] = self.place(kept if kept > inside else end)
        for begin, run_end in self.tags:
            ends[self.place(begin)] = self.place(reader.hashtag(begin, run_end, depth)[1])
