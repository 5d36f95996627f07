"""HTML by elements. A plain text that becomes part of one is escaped, so that what comes from data is never markup."""

import html

from lake.console import visible

__all__ = ["Html", "element", "joined"]

_EMPTY = ("input", "meta", "br")


class Html(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: str | bool) -> Html:
    """An element. `class_` is `class`, `data_plot` is `data-plot`; an attribute that is true stands alone, false is left out."""
    said = []
    for key, value in attributes.items():
        if value is True:
            said.append(f" {_name(key)}")
        elif value is not False:
            said.append(f' {_name(key)}="{html.escape(visible(value))}"')
    start = f"<{tag}{''.join(said)}>"
    return Html(start if tag in _EMPTY else f"{start}{joined(*children)}</{tag}>")


def joined(*children: str) -> Html:
    """Children one after the other, texts escaped and control characters shown as their code."""
    return Html(
        "".join(child if isinstance(child, Html) else html.escape(visible(child), quote=False) for child in children)
    )


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
