"""The report: one HTML page about market, positions, margin, counterparties and the lake's health, which needs no network.

`build.py` makes the page. A file per section (`market.py`, `hours.py`, `positions.py`, `margin.py`, `counterparties.py`,
`flow.py`, `quality.py`, `runs.py`) asks the marts and says what is drawn and tabled; `parts.py` has the words for that,
`figures.py` and `palette.py` how it looks, `words.py` how numbers are written. `html.py` and `page.py` write it down, with
`page.css` and `page.js` beside it. Nothing here looks at a clock: the same lake gives the same page, byte by byte.
"""
