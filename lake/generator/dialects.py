"""How the two exporters write, as constants: the generator must not learn it from the files the lake reads by.

A test compares the headers with `sources/standard.toml` and `sources/estandar.toml`.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

__all__ = ["DIALECTS", "ESTANDAR", "STANDARD", "TRADE_FIELDS", "Dialect"]

TRADE_FIELDS = ("id", "stamp", "type", "entity", "quantity", "price", "energy", "total", "action", "currency")
"""What the fields of a trade are called in here, in the order of `Dialect.trade_header`."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One exporter's way of writing.

    `energies`, `types` and `actions` give every spelling of a word, the usual one first; `nulls` the spellings of "no value";
    `prefix` begins its trade numbers; `share` is its part of all trades.
    """

    name: str
    share: float
    prefix: str
    zone: ZoneInfo
    delimiter: str
    encoding: str
    decimal_mark: str
    thousands_mark: str
    nulls: tuple[str, ...]
    stamp_format: str
    day_format: str
    provider_header: tuple[str, ...]
    client_header: tuple[str, ...]
    trade_header: tuple[str, ...]
    types: dict[str, tuple[str, ...]]
    actions: dict[str, tuple[str, ...]]
    energies: dict[str, tuple[str, ...]]
    client_types: dict[str, str]

    def number(self, units: int, decimals: int) -> str:
        """`units` hundredths, thousandths, ... written with that many `decimals` (1 or more)."""
        whole, part = divmod(abs(units), 10**decimals)
        return f"{'-' if units < 0 else ''}{whole}{self.decimal_mark}{part:0{decimals}d}"

    def grouped(self, units: int, decimals: int) -> str:
        """The same with thousands marks, where the dialect has one."""
        whole, part = divmod(abs(units), 10**decimals)
        groups = f"{whole:,}".replace(",", self.thousands_mark)
        return f"{'-' if units < 0 else ''}{groups}{self.decimal_mark}{part:0{decimals}d}"

    def day(self, day: date) -> str:
        """The day as the dialect writes it."""
        return day.strftime(self.day_format)

    def line(self, fields: list[str]) -> str:
        """The fields as one line, quoted where they hold the delimiter or a quote."""
        return self.delimiter.join(self._quoted(field) for field in fields)

    def _quoted(self, field: str) -> str:
        if self.delimiter in field or '"' in field:
            return '"' + field.replace('"', '""') + '"'
        return field


STANDARD = Dialect(
    name="standard",
    share=0.7,
    prefix="TX",
    zone=ZoneInfo("Europe/Madrid"),
    delimiter=",",
    encoding="utf-8",
    decimal_mark=".",
    thousands_mark="",
    nulls=("", "NULL", "n/a", "None", "-"),
    stamp_format="%Y-%m-%d %H:%M:%S",
    day_format="%Y-%m-%d",
    provider_header=(
        "provider_id",
        "provider_name",
        "energy_type",
        "capacity_mw",
        "region",
        "contract_start_date",
        "eic_code",
        "lei",
    ),
    client_header=(
        "client_id",
        "id_type",
        "identification",
        "client_name",
        "city",
        "client_type",
        "contract_start_date",
        "credit_limit",
        "credit_currency",
    ),
    trade_header=(
        "transaction_id",
        "transaction_date",
        "transaction_type",
        "entity_id",
        "quantity_kwh",
        "price_per_kwh",
        "energy_type",
        "total_amount",
        "action",
    ),
    types={"buy": ("buy", "compra", "purchase"), "sell": ("sell", "venta", "sale")},
    actions={
        "new": ("N", "new", "alta"),
        "amend": ("M", "amend", "corrección"),
        "cancel": ("C", "cancel", "anulación"),
    },
    energies={
        "wind": ("wind", "eólica", "eolica"),
        "solar": ("solar", "fotovoltaica", "pv"),
        "hydro": ("hydro", "hidráulica", "hidroelectrica"),
        "nuclear": ("nuclear", "nuclear"),
        "gas": ("gas", "gas natural", "natural gas"),
        "biomass": ("biomass", "biomasa"),
    },
    client_types={"residential": "residential", "commercial": "commercial", "industrial": "industrial"},
)

ESTANDAR = Dialect(
    name="estandar",
    share=0.3,
    prefix="TE",
    zone=ZoneInfo("America/Bogota"),
    delimiter=";",
    encoding="latin-1",
    decimal_mark=",",
    thousands_mark=".",
    nulls=("", "NULL", "n/d", "S/D", "-"),
    stamp_format="%d/%m/%Y %H:%M:%S",
    day_format="%d/%m/%Y",
    provider_header=(
        "id_proveedor",
        "nombre_proveedor",
        "tipo_energia",
        "capacidad_mw",
        "region",
        "fecha_inicio_contrato",
    ),
    client_header=(
        "id_cliente",
        "tipo_identificacion",
        "identificacion",
        "nombre_cliente",
        "ciudad",
        "tipo_cliente",
        "fecha_inicio_contrato",
        "limite_credito",
        "moneda_credito",
    ),
    trade_header=(
        "id_transaccion",
        "fecha_transaccion",
        "tipo_transaccion",
        "id_entidad",
        "cantidad_kwh",
        "precio_por_kwh",
        "tipo_energia",
        "importe_total",
        "accion",
        "moneda",
    ),
    types={"buy": ("compra", "Compra"), "sell": ("venta", "Venta")},
    actions={
        "new": ("alta", "nueva", "N"),
        "amend": ("modificación", "correccion", "M"),
        "cancel": ("anulación", "baja", "C"),
    },
    energies={
        "wind": ("eólica", "eolica"),
        "solar": ("solar", "fotovoltaica"),
        "hydro": ("hidráulica", "hidrica", "hídrica"),
        "gas": ("gas", "gas natural"),
        "coal": ("carbón", "carbon"),
        "biomass": ("biomasa", "Biomasa"),
    },
    client_types={"residential": "residencial", "commercial": "comercial", "industrial": "industrial"},
)

DIALECTS = {dialect.name: dialect for dialect in (STANDARD, ESTANDAR)}
