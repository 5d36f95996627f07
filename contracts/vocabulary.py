"""The closed lists of the trade: what an enumerated column may hold.

How exporters spell these values is theirs and stands in `sources/*.toml`; what they mean is the lake's and stands here.
"""

__all__ = ["ACTIONS", "CLIENT_TYPES", "CURRENCIES", "CURVE_PRODUCTS", "ENERGY_TYPES", "TRANSACTION_TYPES"]

TRANSACTION_TYPES = ("buy", "sell")
"""Seen from the company: it buys from providers and sells to clients."""

ACTIONS = ("new", "amend", "cancel")
"""What a delivered version does to its trade, after REMIT's lifecycle of N, M and C. An error (E) withdraws a trade as well.

A later delivery of the same trade replaces it whether it says `new` or `amend`; only `cancel` takes the trade away.
"""

COUNTERPARTY_KINDS = ("provider", "client")
"""In whose register a counterparty stands."""

ENERGY_TYPES = (
    "wind",
    "solar",
    "hydro",
    "nuclear",
    "gas",
    "coal",
    "oil",
    "fossil",
    "biomass",
    "geothermal",
    "battery",
    "mixed",
    "unspecified",
)
"""`fossil` is a fossil plant whose fuel was not named; `mixed` burns several; `unspecified` is what a source that does
not say delivers (its TOML file has to allow it)."""

CLIENT_TYPES = ("residential", "commercial", "industrial", "market_customer", "scheduled_load", "other")
"""The last three are market roles: a retailer that buys from the pool, a load that is dispatched, anything else."""

CURVE_PRODUCTS = ("base", "peak", "off_peak")
"""Which hours of its period a forward price is for; which those are says each market (`transforms/calendar_load.py`)."""

CURRENCIES = tuple(
    (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP "
        "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
        "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
        "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
        "UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
    ).split()
)
"""ISO 4217 codes of money in use. Amounts keep two decimals in every currency, as the contract of `amount` says."""
