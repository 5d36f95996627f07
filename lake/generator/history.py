"""Kinds that are no dirt but the life of a market: corrections, cancellations, deliveries again, late files, the doubled hour."""

from lake.generator.kinds import Effect, Kind

__all__ = ["AMBIGUOUS_HOUR", "CHANGES", "HISTORY", "LATE", "REPEATED_KEY"]

AMBIGUOUS_HOUR = Kind(
    name="ambiguous_hour",
    sentence="An honest trade in the hour that occurs twice when clocks are put back; its stamp does not say which.",
    effect=Effect.REJECTED,
    reasons=("delivery_time_ambiguous",),
)
REPEATED_KEY = Kind(
    name="repeated_key",
    sentence="The same trade again in the same file with another quantity; the later row wins.",
    effect=Effect.HISTORY,
)
LATE = Kind(
    name="late_row",
    sentence="A trade first delivered in a file that comes days after the others of its delivery day.",
    effect=Effect.HISTORY,
)
CHANGES = {
    name: Kind(name=name, sentence=sentence, effect=Effect.HISTORY)
    for name, sentence in (
        ("correction_price", "The same trade in a later file with another price."),
        ("correction_quantity", "The same trade in a later file with another quantity."),
        ("correction_moved", "The same trade in a later file for another delivery date."),
        ("correction_cancelled", "The same trade in a later file, which takes it away; it counts no more."),
        ("correction_reinstated", "A cancelled trade in a later file, new again."),
        ("redelivery", "The same trade in a later file, nothing changed."),
    )
}
"""What a row of a corrections file may be, besides dirty: a spoiled correction counts as its dirt alone."""

HISTORY = (AMBIGUOUS_HOUR, REPEATED_KEY, LATE, *CHANGES.values())
