"""What is true of the data: pure polars, no AWS, no paths, no clock.

A row's way through this room:

`lines.py`      which lines of a file are no records at all
`normalise.py`  delivered text becomes the contract's typed columns (`text.py`, `numbers.py`, `times.py`)
`rules.py`      which rules each row breaks, as one bit mask
`plain.py`      the same for rows that keep every rule, at a third of the cost; `packed.py` holds typed rows in half the memory
`split.py`      valid, rejected and repeated rows, and their exact sums
`newest.py`     of several versions of a key, the one that counts
`enrich.py`     trades with their counterparties' attributes
`currency.py`   amounts in one reporting currency
`market.py`     the mart `market_daily`

What the marts share: `calendar.py` (delivery periods, market and gas days) and `calendar_load.py` (base, peak, off-peak),
`units.py` (what may be summed), `identifiers.py` and `identifiers_explained.py` (check characters of EIC, LEI, NIT, RUC, NIF).

Null means "not known" everywhere; a rule that is given null says in its docstring what it does with it. Money and
energy are decimals, rounded half even, and no float ever holds them.
"""
