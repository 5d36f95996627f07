"""Rows of the small datasets, made from their meaning and then written down: providers, clients, exchange rates, prices.

Trades are in `deliveries.py`, which makes files of both.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from hypothesis import strategies as st

from tests.jobs.lakes import CLIENT_HEADER, PROVIDER_HEADER

FIRST = datetime.fromisoformat("2024-04-30T00:00")
"""The first hour of the trades, which lie on three days of two months."""

_CREDIT = "credit_limit,credit_currency"


def _shown(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


@dataclass(frozen=True)
class Provider:
    """A row of the register of providers."""

    dataset: ClassVar = "providers"
    header: ClassVar = f"{PROVIDER_HEADER},{_CREDIT}"
    is_valid: ClassVar = True

    key: str
    region: str = "north"
    energy: str = "wind"
    capacity: Decimal | None = Decimal("1.5")
    limit: Decimal | None = None
    currency: str = ""

    def line(self) -> str:
        """The row as the source writes it."""
        fields = [self.key, f"Name of {self.key}", self.energy, _shown(self.capacity), self.region, "2020-01-01"]
        return ",".join([*fields, _shown(self.limit), self.currency])


@dataclass(frozen=True)
class Client:
    """A row of the register of clients."""

    dataset: ClassVar = "clients"
    header: ClassVar = f"{CLIENT_HEADER},region,{_CREDIT}"
    is_valid: ClassVar = True

    key: str
    city: str = "Sevilla"
    limit: Decimal | None = None
    currency: str = ""

    def line(self) -> str:
        """The row as the source writes it."""
        fields = [self.key, "DNI", "12345678Z", "Ana", self.city, "residential", "2022-02-02", "south"]
        return ",".join([*fields, _shown(self.limit), self.currency])


@dataclass(frozen=True)
class Rate:
    """What one `base` was worth in `quote` on a day. A rate of zero is rejected."""

    dataset: ClassVar = "fx_daily"
    header: ClassVar = "date,base_currency,quote_currency,rate"

    day: date
    base: str
    quote: str
    rate: Decimal

    @property
    def is_valid(self) -> bool:
        """Whether the lake takes it."""
        return self.rate > 0

    @property
    def key(self) -> tuple[date, str, str]:
        """What a later row replaces."""
        return self.day, self.base, self.quote

    def line(self) -> str:
        """The row as the source writes it."""
        return f"{self.day},{self.base},{self.quote},{self.rate:f}"


@dataclass(frozen=True)
class Price:
    """What an hour of Madrid cost on a day. `energy` is empty where the price is for any."""

    dataset: ClassVar = "curve"
    header: ClassVar = "as_of,product,energy_type,delivery_start,price_per_mwh,currency"
    is_valid: ClassVar = True

    as_of: date
    product: str
    energy: str
    stamp: datetime
    price: Decimal
    currency: str

    @property
    def key(self) -> tuple[date, str, str, datetime, str]:
        """What a later row replaces."""
        return self.as_of, self.product, self.energy, self.stamp, self.currency

    def line(self) -> str:
        """The row as the source writes it."""
        start = f"{self.stamp:%Y-%m-%d %H:%M:%S}"
        return f"{self.as_of},{self.product},{self.energy},{start},{self.price:f},{self.currency}"


Record = Provider | Client | Rate | Price

STAMPS = (st.sampled_from((9, 9, 30, 30, 71)) | st.integers(0, 71)).map(lambda hours: FIRST + timedelta(hours=hours))
"""Starts of hours, of which some are common, so that trades meet each other and the prices of the curve."""

_LIMITS = st.sampled_from([None, *(Decimal(text) for text in ("0", "0.01", "1000", "123456.78"))])
_LIMIT_CURRENCIES = st.sampled_from(["", "EUR", "EUR", "USD"])
_CAPACITIES = st.none() | st.sampled_from([Decimal(text) for text in ("0", "1.5", "0.000001")])
_RATES = [Decimal(text) for text in ("0", "0.9", "0.93", "1.5", "4200", "0.000000001", "999999999.999999999")]
_PRICES = [Decimal(text) for text in ("0", "-5.5", "45.123456", "99999.999999", "0.000001")]
_AS_OF = (date(2024, 4, 20), date(2024, 4, 21), date(2024, 6, 1))


_PROVIDERS = st.builds(
    Provider,
    st.sampled_from(["PRV-1", "PRV-2"]),
    region=st.sampled_from(["north", "south"]),
    energy=st.sampled_from(["wind", "solar"]),
    capacity=_CAPACITIES,
    limit=_LIMITS,
    currency=_LIMIT_CURRENCIES,
)
_CLIENTS = st.builds(
    Client,
    st.sampled_from(["CLI-1", "CLI-2"]),
    city=st.sampled_from(["Sevilla", "Bilbao"]),
    limit=_LIMITS,
    currency=_LIMIT_CURRENCIES,
)
_FX_DAILY = st.builds(
    Rate,
    st.integers(-8, 3).map(lambda days: FIRST.date() + timedelta(days=days)),
    st.sampled_from(["USD", "USD", "EUR"]),
    st.sampled_from(["EUR", "EUR", "USD", "GBP"]),
    st.sampled_from(_RATES) | st.integers(1, 10**10).map(lambda units: Decimal(units).scaleb(-9)),
)
_CURVE = st.builds(
    Price,
    st.sampled_from(_AS_OF),
    st.sampled_from(["base", "base", "peak", "off_peak"]),
    st.sampled_from(["", "", "wind", "solar"]),
    STAMPS,
    st.sampled_from(_PRICES) | st.integers(-(10**8), 10**9).map(lambda units: Decimal(units).scaleb(-6)),
    st.sampled_from(["EUR", "USD"]),
)

RECORDS: dict[str, st.SearchStrategy[tuple[Record, ...]]] = {
    "providers": st.lists(_PROVIDERS, min_size=1, max_size=3).map(tuple),
    "clients": st.lists(_CLIENTS, min_size=1, max_size=3).map(tuple),
    "fx_daily": st.lists(_FX_DAILY, min_size=1, max_size=5).map(tuple),
    "curve": st.lists(_CURVE, min_size=1, max_size=8).map(tuple),
}
"""Rows of a file of each dataset: of few keys, so that a later file, or a later row, changes what an earlier one said."""
