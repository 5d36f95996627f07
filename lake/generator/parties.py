"""The providers and clients of each dialect, before they are written to files (`party_files.py`)."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from lake.generator.dialects import Dialect
from lake.generator.names import company_name, dni, eic, lei, nie, nif, nit, person_name

__all__ = ["Client", "Parties", "Provider", "draw_parties"]

_FLEETS = {
    "standard": (*("wind",) * 5, *("solar",) * 4, *("hydro",) * 2, *("gas",) * 2, "nuclear", "biomass"),
    "estandar": (*("hydro",) * 4, *("gas",) * 2, "coal", "solar", "wind", "biomass"),
}
_CAPACITIES = {
    "wind": (20, 220),
    "solar": (10, 150),
    "hydro": (80, 1240),
    "nuclear": (950, 1080),
    "gas": (200, 820),
    "coal": (160, 350),
    "biomass": (8, 50),
}
"""Installed MW, smallest and largest."""
_PLANTS = {
    "wind": "Parque Eólico",
    "solar": "Planta Solar",
    "hydro": "Central Hidráulica",
    "nuclear": "Central Nuclear",
    "gas": "Ciclo Combinado",
    "coal": "Termoeléctrica",
    "biomass": "Planta de Biomasa",
}
_PLACES = {
    "standard": (
        ("Zaragoza", "Aragón"),
        ("A Coruña", "Galicia"),
        ("Cádiz", "Andalucía"),
        ("Cáceres", "Extremadura"),
        ("León", "Castilla y León"),
        ("Albacete", "Castilla-La Mancha"),
        ("Logroño", "La Rioja"),
        ("Alcalá de Henares", "Madrid"),
    ),
    "estandar": (
        ("Bogotá", "Cundinamarca"),
        ("Medellín", "Antioquia"),
        ("Cúcuta", "Norte de Santander"),
        ("Ibagué", "Tolima"),
        ("Riohacha", "La Guajira"),
        ("Popayán", "Cauca"),
    ),
}
_CLIENTS = {"standard": 120, "estandar": 80}
_CURRENCIES = {"standard": ("EUR",), "estandar": ("COP", "COP", "COP", "COP", "COP", "COP", "USD", "COP", "COP", "EUR")}
_CREDIT_STEP = {"EUR": 500_000, "USD": 500_000, "COP": 2_000_000_000}
"""What credit limits are multiples of, in hundredths: about 5 000 EUR."""
_FIRST_NUMBER = {"standard": 1, "estandar": 501}


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A generator. `capacity` in tenths of MW; `currency` is what its contract is settled in.

    `eic` and `lei` are its codes, which only the standard exporter knows.
    """

    id: str
    name: str
    energy: str
    capacity: int
    region: str
    contract_start: date
    currency: str
    eic: str
    lei: str


@dataclass(frozen=True, kw_only=True)
class Client:
    """A home, shop or factory. `currency` is what its contract is settled in.

    `credit` is its limit in hundredths of that; homes have none.
    """

    id: str
    id_type: str
    identification: str
    name: str
    city: str
    type: str
    contract_start: date
    currency: str
    credit: int | None


@dataclass(frozen=True)
class Parties:
    """Everybody that one dialect's trades may name, and who of them the files never validly deliver."""

    providers: tuple[Provider, ...]
    clients: tuple[Client, ...]
    unknown_providers: tuple[str, ...]
    unknown_clients: tuple[str, ...]


def draw_parties(dialect: Dialect, rng: Random) -> Parties:
    """The counterparties of one dialect; their numbers do not overlap with the other's."""
    first = _FIRST_NUMBER[dialect.name]
    return Parties(
        providers=tuple(
            _provider(first + index, energy, index, dialect, rng) for index, energy in enumerate(_FLEETS[dialect.name])
        ),
        clients=tuple(_client(first + index, index, dialect, rng) for index in range(_CLIENTS[dialect.name])),
        unknown_providers=(f"PRV-{first + 490:03d}", f"PRV-{first + 491:03d}"),
        unknown_clients=tuple(f"CLI-{first + 490 + index:04d}" for index in range(4)),
    )


def _provider(number: int, energy: str, index: int, dialect: Dialect, rng: Random) -> Provider:
    place, region = rng.choice(_PLACES[dialect.name])
    least, most = _CAPACITIES[energy]
    return Provider(
        id=f"PRV-{number:03d}",
        name=f"{_PLANTS[energy]} {place} {index + 1}",
        energy=energy,
        capacity=rng.randrange(least * 10, most * 10),
        region=region,
        contract_start=_contract_start(rng),
        currency=_CURRENCIES[dialect.name][index % len(_CURRENCIES[dialect.name])],
        eic=eic(rng),
        lei=lei(rng),
    )


def _client(number: int, index: int, dialect: Dialect, rng: Random) -> Client:
    kind = ("residential", "residential", "commercial", "residential", "industrial", "commercial")[index % 6]
    is_spanish = dialect.name == "standard"
    if kind == "residential":
        name = person_name(rng)
        id_type = rng.choice(("DNI", "DNI", "DNI", "NIE")) if is_spanish else "CC"
        number_of = {"DNI": dni, "NIE": nie, "CC": _citizen}[id_type]
    else:
        name = company_name(rng, is_industrial=kind == "industrial", form="S.L." if is_spanish else "S.A.S.")
        id_type, number_of = ("NIF", nif) if is_spanish else ("NIT", nit)
    currency = _CURRENCIES[dialect.name][index % len(_CURRENCIES[dialect.name])]
    return Client(
        id=f"CLI-{number:04d}",
        id_type=id_type,
        identification=number_of(rng),
        name=name,
        city=rng.choice(_PLACES[dialect.name])[0],
        type=kind,
        contract_start=_contract_start(rng),
        currency=currency,
        credit=None if kind == "residential" else rng.randrange(1, 40) * _CREDIT_STEP[currency],
    )


def _citizen(rng: Random) -> str:
    return f"{rng.randrange(10_000_000, 1_200_000_000)}"


def _contract_start(rng: Random) -> date:
    return date(2019, 1, 1) + timedelta(days=rng.randrange(2500))
