"""Misskey's objects as typed structs.

Servers of different ages send different shapes (FACTS C.4, DIFFERENCES "Notes"):
unknown keys are ignored, missing ones have a default, and what is a list here and a
map there is normalised by a property. Ids are opaque strings. Times are aware
datetimes in UTC. Nothing here is trusted: texts are escaped and URLs checked where they are
rendered.

`base` is below all others, `users` and `drive` below `notes`, and `notes` below the rest.
"""
