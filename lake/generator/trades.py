"""One trade, and how an exporter's trades are drawn from its market and its counterparties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from lake.generator.dialects import Dialect
from lake.generator.market import Hour, Weather, delivery_price, hours_of, output
from lake.generator.parties import Client, Parties, Provider

__all__ = ["Trade", "TradeMaker"]

_BUY_SHARE = 0.3
_BUY_DISCOUNT = {"standard": -2.5, "estandar": -12.0}
_SELL_MARGIN = {
    "standard": {"residential": 58.0, "commercial": 34.0, "industrial": 11.0},
    "estandar": {"residential": 145.0, "commercial": 95.0, "industrial": 35.0},
}
_HOURLY_KWH = {"residential": 0.9, "commercial": 38.0, "industrial": 1900.0}
"""What a client of each type takes in a mean hour."""
_SLICE = 0.001
"""The share of a plant's output that one purchase takes: together they come to about what the clients take."""
_CENT = 10_000_000
"""Thousandths of kWh × millionths per kWh that make a hundredth of the currency."""
_PRICE_DECIMALS = (4, 5, 6, 6)


@dataclass(slots=True)
class Trade:
    """A trade as it is meant: `quantity` in thousandths of kWh, `price` in millionths of `currency` per kWh.

    `decimals` is how many of the price's are written. `is_repeated` says that the files deliver the trade more than once,
    `action` what this version does to it.
    """

    number: int
    day: date
    stamp: str
    is_ambiguous: bool
    is_buy: bool
    entity: str
    energy: str
    quantity: int
    price: int
    decimals: int
    currency: str
    is_repeated: bool = False
    action: str = "new"

    @property
    def cents(self) -> int:
        """The amount in hundredths of the currency, rounded half even."""
        cents, rest = divmod(self.quantity * self.price, _CENT)
        return cents + (rest * 2 > _CENT or (rest * 2 == _CENT and cents % 2 == 1))

    @property
    def is_cancelled(self) -> bool:
        """Whether this version takes the trade away."""
        return self.action == "cancel"

    def fields(self, dialect: Dialect) -> list[str]:
        """The trade as the dialect writes it, in the order of its header."""
        fields = [
            f"{dialect.prefix}{self.number:08d}",
            self.stamp,
            dialect.types["buy" if self.is_buy else "sell"][0],
            self.entity,
            dialect.number(self.quantity, 3),
            dialect.number(self.price // 10 ** (6 - self.decimals), self.decimals),
            dialect.energies[self.energy][0],
            dialect.number(self.cents, 2),
            dialect.actions[self.action][0],
        ]
        if len(dialect.trade_header) > len(fields):
            fields.append(self.currency)
        return fields

    def move_to_next_noon(self, dialect: Dialect) -> None:
        """Deliver at noon of the next day instead; noon is never skipped or repeated."""
        self.day += timedelta(days=1)
        self.stamp = datetime.combine(self.day, time(12)).strftime(dialect.stamp_format)

    def change_price(self, rng: Random) -> None:
        """Another price, of as many decimals, some percent away."""
        step = 10 ** (6 - self.decimals)
        self.price += rng.choice((-1, 1)) * rng.randrange(step, abs(self.price) // 8 + 2 * step) // step * step

    def change_quantity(self, rng: Random) -> None:
        """Another quantity above zero, some percent away."""
        self.quantity += rng.randrange(1, self.quantity // 6 + 2)


class TradeMaker:
    """Draws an exporter's trades, with consecutive numbers."""

    def __init__(
        self, dialect: Dialect, parties: Parties, weather: dict[date, Weather], rng: Random, *, numbers_after: int = 0
    ) -> None:
        self._dialect = dialect
        self._parties = parties
        self._weather = weather
        self._rng = rng
        self._number = numbers_after

    def draw(self, days: Sequence[date], count: int, most_ambiguous: int) -> list[Trade]:
        """`count` trades for delivery on those days, in order of delivery.

        Of those whose stamp occurs twice on its day only `most_ambiguous` stay; the others are moved to noon.
        """
        hours = [hour for day in days for hour in hours_of(day, self._dialect, self._weather[day])]
        noons = {hour.day: hour for hour in hours if " 12:00" in hour.stamp}
        drawn = self._rng.choices(range(len(hours)), [hour.load for hour in hours], k=count)
        counts = [0] * len(hours)
        for index in drawn:
            counts[index] += 1
        trades, left = [], most_ambiguous
        for hour, wanted in zip(hours, counts, strict=True):
            kept = min(wanted, left) if hour.is_ambiguous else wanted
            left -= kept if hour.is_ambiguous else 0
            trades += self._in_hour(hour, kept)
            trades += self._in_hour(noons[hour.day], wanted - kept)
        return trades

    def _in_hour(self, hour: Hour, count: int) -> list[Trade]:
        """`count` trades in one hour: providers by what they generate in it, clients all alike."""
        if not count:
            return []
        rng, providers, clients = self._rng, self._parties.providers, self._parties.clients
        runs = list(accumulate(output(p.energy, hour) * p.capacity for p in providers))
        trades = []
        for provider in rng.choices(providers, cum_weights=runs, k=count):
            if rng.random() < _BUY_SHARE:
                trades.append(self._bought(hour, provider))
            else:
                trades.append(self._sold(hour, clients[int(rng.random() * len(clients))], provider.energy))
        return trades

    def _bought(self, hour: Hour, provider: Provider) -> Trade:
        slice_of_plant = _SLICE * (0.4 + 1.2 * self._rng.random())
        kwh = provider.capacity * 100 * output(provider.energy, hour) * slice_of_plant
        margin = _BUY_DISCOUNT[self._dialect.name] * (0.5 + self._rng.random())
        return self._trade(hour, provider, provider.energy, kwh, margin)

    def _sold(self, hour: Hour, client: Client, energy: str) -> Trade:
        kwh = _HOURLY_KWH[client.type] * hour.load * (0.4 + 1.2 * self._rng.random())
        margin = _SELL_MARGIN[self._dialect.name][client.type] * (0.8 + 0.4 * self._rng.random())
        return self._trade(hour, client, energy, kwh, margin)

    def _trade(self, hour: Hour, party: Provider | Client, energy: str, kwh: float, margin: float) -> Trade:
        decimals = _PRICE_DECIMALS[self._rng.getrandbits(2)]
        step = 10 ** (6 - decimals)
        price = delivery_price(hour, energy, margin, party.currency, self._dialect)
        self._number += 1
        return Trade(
            number=self._number,
            day=hour.day,
            stamp=hour.stamp,
            is_ambiguous=hour.is_ambiguous,
            is_buy=isinstance(party, Provider),
            entity=party.id,
            energy=energy,
            quantity=int(kwh * 1000) + 1,
            price=round(price / step) * step,
            decimals=decimals,
            currency=party.currency,
        )
