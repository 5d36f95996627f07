"""The data generator: a realistic period of trades in two dialects, with dirt, and the exact truth about it.

`run.py` has `generate` and tells the way; `truth.py` says what is known about the files it writes.
"""

from lake.generator.run import DEFAULT_START, MOST_DIRT, generate
from lake.generator.truth import DatasetTruth, Planted, RefusedFile, Truth
from lake.generator.writing import Delivery

__all__ = ["DEFAULT_START", "MOST_DIRT", "DatasetTruth", "Delivery", "Planted", "RefusedFile", "Truth", "generate"]
