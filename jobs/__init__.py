"""What runs: on this machine as `lake run`, on AWS as the Glue jobs of the same names.

`raw_to_processed.py`      the first job: due files, one after another (`file_job.py` does one file)
`processed_to_curated.py`  the second job: touched dates, batch after batch (`curated_tables.py` computes them)
`unpack.py`, `intake.py`   a delivered file's bytes: unpacked and decoded; its header and lines checked
`ledger.py`                what was processed, one entry a file, written last: it is the commit
`publish.py`               how many files change at once: staged, then moved by a redo list
`locking.py`               one run at a time
`storage.py`               the only place that knows folders and `s3://`
`zones.py`                 the five zones of a lake and the paths inside them
`deliver.py`               how a file gets into the raw zone
`reports.py`               what a run says it did

The truth of the data is `transforms/`; nothing here decides about a value.
"""

import os

os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:20000,muzzy_decay_ms:20000")
"""For the allocator of polars, which reads it when polars is first imported.

By itself it gives freed pages back at once, to take them anew for the next batch: with this the second job took 1.6 CPU seconds
of the system instead of 5.3, on 2 million trades. One arena instead of four a core keeps what is held to what one batch needs.
"""
