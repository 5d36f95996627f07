"""The prose of `docs/scale.md`, around the tables that `scale_page.py` renders."""

__all__ = ["CATALOG", "LIMITS", "OPENING", "WORKING"]

OPENING = """# Past one machine

What the jobs cost, and what follows for a day's deliveries of any size on AWS Glue. `python benchmarks/scale.py --measure` runs
the product's own commands, fits the model and renders this page; a test holds the page to the stored measurements
(`benchmarks/scale.json`).

Measured {day} with {code} on {cores} cores ({cpu}), {memory_mib:,} MiB, {system}. The machine is shared: CPU seconds vary by a
fifth from one time to the next, more while others work on it. Two parts are different in kind: what is **measured** or fitted
to it, and what is **predicted** for machines that nobody here could try. Nothing on this page was run on AWS.
"""

CATALOG = """## Catalog and Athena

* Ten years of {tables} tables by date are {partitions:,} partitions, 3,650 a table. Athena plans up to 1 M partitions a scan,
  and the first million objects of the Data Catalog are free: neither is near. The job registers 100 partitions a call, a
  history of ten years in {calls:,} calls.
* Athena bills {athena} a TB scanned, 10 MB at least a query. Curated files are one a date and table: a month of trades of 1 GB
  of CSV a day is 30 files. Above some 10 GB a day a date's file is large enough for Athena to split it; below 10 MB a query
  costs the minimum in any case.
* The processed zone is read by engineers through the crawler's table. Compact it before a scan of a year: one file a date
  instead of one a delivery.
"""

WORKING = """## How it is worked out

* **Costs**: least squares on relative errors with costs that must not be negative (`benchmarks/scale_model.py`). A cost of 0.00
  means that the runs could not tell it from the others.
* **Workers**: CPU seconds × vCPU seconds each, plus the time in which a task waits for S3, over 80 % of the hours allowed; a
  driver on top.
* **Run**: tasks with skewed sizes on slots, some slow, some tries lost (`benchmarks/scale_simulation.py`), the longest first as
  the Spark engine orders them.
* **Requests**: every call of both jobs counted on folder lakes (`benchmarks/scale_requests.py`), with the requests that each is
  on S3. Uploads of over 8 MiB go in parts of 8 MiB, which adds half a cent for each thousand parts and is left out.
* **Books**: `benchmarks/scale_books.py` makes a ledger and a state of the size in question and uses the lake's own code on
  them.
* Prices are list prices of us-east-1 that other pages and public cost models showed between 2026-09-25 and 2026-10-07; no page
  of AWS was read. They stand in `benchmarks/scale_predict.py`, once.
"""

LIMITS = """## Where the model ends

* **A market day is never cut.** A day of 1 TB on three market days cannot be curated by this design on any worker above: it
  would need marts that are computed in parts of a date and put together, by key. A TB that is spread over years of dates can
  be, and raw-to-processed takes a TB in either case, because there the unit is the file.
* Tables that had no rows in the counted lakes (prices, rates) cost as much a date as those that had, once there are rows.
* **The ledger is read whole, several times a run.** That is right for tens of thousands of deliveries and wrong for millions.
* **The driver moves staged files one after another** when a curating run commits; the minutes of the table above have it in
  them. For years of dates at once that is longer than all tasks.
* Keys that move between dates: the second job looks for the keys of new deliveries in every earlier file whose range of keys
  touches theirs. With keys that grow, as here, those are few; with random keys it is the whole history's key column, each run.
  The model has the first case.
* Trades only, of 11 columns and 2 % faults. Providers, clients, rates and curves are small and not in it. Wider rows cost more
  a row.
* The jobs keep local copies of S3 objects until the process ends, so one worker cannot process more than its disk holds.
* Not in the prices: Redshift, crawlers, CloudWatch logs, CloudTrail's data events ($0.10 a 100,000), traffic, retries of whole
  runs.
* A Glue vCPU, S3's latency and Spark's own overhead (serialising, scheduling, Python workers) are assumed, not measured. The
  first run on an account replaces them: compare its DPU-hours with the table and scale the assumption. Until then every dollar
  here may be wrong by a factor of two.
"""
