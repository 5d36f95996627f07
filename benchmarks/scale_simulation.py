"""Tasks on workers, one event after another: how long a run takes whose parts cannot be run here.

Time of each task comes from the measured model. Sizes are skewed, some workers are slow, some tasks fail and are done again.
"""

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Cluster", "Outcome", "simulate", "sizes"]


@dataclass(frozen=True)
class Cluster:
    """`slots` tasks at a time. Of the slots a share `slow` takes `slower` times as long, a share `failing` of tries is lost."""

    slots: int
    slow: float = 0.02
    slower: float = 2.0
    failing: float = 0.005
    start_seconds: float = 60.0


@dataclass(frozen=True)
class Outcome:
    """`seconds` until the last task ended, `ideal` the same work spread evenly over slots that never fail."""

    seconds: float
    ideal: float
    tries: int

    @property
    def efficiency(self) -> float:
        """The share of paid slot time that an ideal run would need."""
        return self.ideal / self.seconds


def sizes(count: int, total: float, spread: float, seed: int) -> list[float]:
    """Log-normal sizes that add up to the total; `spread` is the deviation of their logarithm, 1 puts half of it in a sixth."""
    drawn = random.Random(seed)  # noqa: S311 - the same draw each time, no secret
    found = [math.exp(drawn.gauss(0.0, spread)) for _ in range(count)]
    scale = total / sum(found)
    return [size * scale for size in found]


def simulate(seconds: Sequence[float], cluster: Cluster, seed: int, *, largest_first: bool = True) -> Outcome:
    """Runs tasks of so many seconds each, the longest first or as they come. A lost try took a random part of its time."""
    drawn = random.Random(seed)  # noqa: S311 - the same draw each time, no secret
    pace = [cluster.slower if drawn.random() < cluster.slow else 1.0 for _ in range(cluster.slots)]
    waiting = sorted(seconds) if largest_first else list(reversed(seconds))
    free = [(cluster.start_seconds, slot) for slot in range(cluster.slots)]
    heapq.heapify(free)
    end, tries = cluster.start_seconds, 0
    while waiting:
        task = waiting.pop()
        at, slot = heapq.heappop(free)
        tries += 1
        if drawn.random() < cluster.failing:
            at += task * pace[slot] * drawn.random()
            waiting.append(task)
        else:
            at += task * pace[slot]
            end = max(end, at)
        heapq.heappush(free, (at, slot))
    return Outcome(end, cluster.start_seconds + sum(seconds) / cluster.slots, tries)
