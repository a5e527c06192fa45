"""Read numbers and bands as people write them, with units and currencies.

A value never changes by a power of ten in silence: thousands are groups of three digits, and a
text with two readings is ambiguous unless the decimal separator is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from kam_expert.errors import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

_Other = TypeVar("_Other")
#: No whole number that the program is sent is longer.
_MOST_DIGITS = 9
#: The maximum length of a number; patterns are slow on longer texts.
_LONGEST = 80
_MINUS = str.maketrans(dict.fromkeys("−‒", "-"))
_SPACES = re.compile("[\u00a0\u2007\u2009\u202f\u3000 ]+")
_SPACED = re.compile(r"[0-9]{1,3}(?P<by>[ '’])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:[.,][0-9]+)?\Z")
_GROUPED = re.compile(
    r"[1-9][0-9]{0,2}(?P<by>[.,])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:(?!(?P=by))[.,][0-9]+)?\Z"
)
_PLAIN = re.compile(r"(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]{1,3})?\Z")
_CORE = re.compile(
    r"\(?[-+]?\(?(?:[0-9][0-9 .,'’]*[0-9]|[.,]?[0-9]+)[.,]?(?:[eE][-+]?[0-9]{1,3}(?![0-9\w]))?\)?"
)

#: By code, what else people write for a currency.
CURRENCIES = {
    "UAH": ("₴", "грн", "гривня", "гривні", "гривень", "uah", "hrn"),
    "USD": ("$", "us$", "usd", "дол", "долар", "долари", "доларів", "dollars"),
    "EUR": ("€", "eur", "євро", "euro", "euros"),
    "GBP": ("£", "gbp"),
    "PLN": ("zł", "pln", "злотих"),
    "CHF": ("chf",),
    "CZK": ("czk", "kč"),
    "RON": ("ron", "lei"),
    "HUF": ("huf", "ft"),
    "TRY": ("₺", "try"),
    "JPY": ("jpy",),
    "CNY": ("cny", "rmb"),
    "CAD": ("cad",),
    "AUD": ("aud",),
    "SEK": ("sek",),
    "NOK": ("nok",),
    "DKK": ("dkk",),
    "RUB": ("₽", "руб", "рублів", "rub"),
}
_CURRENCY = {word: code for code, words in CURRENCIES.items() for word in words}
_TIMES = {
    **dict.fromkeys(("тис", "тисяч", "тисячі", "тисяча", "thousand", "k"), 1_000),
    **dict.fromkeys(("млн", "мільйон", "мільйони", "мільйонів", "mln", "mio", "million"), 10**6),
    **dict.fromkeys(("млрд", "мільярд", "мільярди", "мільярдів", "bn", "billion"), 10**9),
}
#: By unit of a fact, the words that may follow a number.
_UNITS = {
    "percent": ("%", "percent", "per cent", "відсотків", "відсотки", "відсоток"),
    "days": ("d", "day", "days", "д", "дн", "день", "дні", "днів"),
    "months": ("month", "months", "mo", "міс", "місяць", "місяці", "місяців"),
    "count": ("шт", "pcs", "times", "раз", "рази", "разів"),
    "score": (),
    "money": (),
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}
_BETWEEN = re.compile(
    r"\s*(?:\.\.+|…|–|—|(?<=[0-9%])\s*-(?=\s*[0-9])|(?<=\w)\s*-\s*(?=[0-9])|\bдо\b|\bto\b|\band\b|\bі\b|\bта\b)\s*"
)
_HEADING = re.compile(r"(?P<name>[^,(\[]+)[,(\[](?P<unit>[^\d,()\[\]]+)[)\]]?\s*\Z")
_FROM = re.compile(r"(?:від|з|from|between|between|між)\s+", re.IGNORECASE)
_AT_MOST = re.compile(
    r"(?:<=?|≤|до|up to|at most|less than|under|below|менше(?:\s+(?:ніж|за))?|не більше)\s*",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:>=?|≥|від|понад|over|above|from|at least|more than|більше(?:\s+(?:ніж|за))?|не менше)\s*",
    re.IGNORECASE,
)


class NotAValueError(ValueError):
    """A text is not a value; the message says why."""


class SpecificError(NotAValueError):
    """A text is not a value for a reason that no general message would say."""


class AmbiguousError(SpecificError):
    """A text has two readings.

    Attributes:
        option: What has to be stated: ``decimal`` or ``dates``.
    """

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Amount:
    """A number with its currency and mark.

    Attributes:
        value: The number.
        currency: Its code; empty if there is none.
        marked: Whether a percent sign follows.
    """

    value: float
    currency: str = ""
    marked: bool = False


@dataclass(frozen=True)
class NumberBand:
    """A band; an end is None if it is open."""

    low: Amount | None
    high: Amount | None

    @property
    def ends(self) -> Iterator[Amount]:
        """Yield the ends that are given."""
        return (end for end in (self.low, self.high) if end is not None)


def whole_number(text: str | None, otherwise: _Other) -> int | _Other:
    """Return the number that a text of at most nine digits is; *otherwise* for any other text."""
    is_number = text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if text and is_number else otherwise


def plain_number(text: str, decimal: str | None = None) -> float:
    """Return the number in a text without words.

    Args:
        text: Digits with separators, and a sign or parentheses.
        decimal: The decimal separator, ``point`` or ``comma``; None if unknown.

    Raises:
        NotAValueError: It is not a number, or not with this decimal separator.
        AmbiguousError: It has two readings, such as 1,234.
    """
    whole = _SPACES.sub(" ", text.translate(_MINUS)).strip()
    if len(whole) > _LONGEST:
        raise _no_number(text)
    sign = 1
    if whole.startswith("(") and whole.endswith(")"):
        whole, sign = whole[1:-1].strip(), -1
    if whole[:1] in ("-", "+"):
        whole, sign = whole[1:].strip(), -sign if whole[0] == "-" else sign
    digits = _digits(whole, text, decimal)
    return sign * (int(digits) if digits.isdigit() else float(digits))


def _digits(whole: str, text: str, decimal: str | None) -> str:
    """Return an unsigned number as Python writes it."""
    marks = [c for c in whole if c in ".,"]
    if _SPACED.match(whole):
        return _decimal(re.sub("[ '’]", "", whole), text, decimal)
    found = _GROUPED.match(whole)
    if found:
        by, other = found["by"], marks[-1] != found["by"]
        is_group = {".": decimal == "comma", ",": decimal == "point"}[by]
        if len(marks) == 1 and decimal is None:
            joined, point = whole.replace(by, ""), whole.replace(",", ".")
            raise AmbiguousError(
                f'"{shortened(text)}" is ambiguous: {joined} or {point}', "decimal"
            )
        if len(marks) > 1 or is_group:
            if decimal is not None and not is_group:
                raise _other_sign(text, decimal)
            return whole.replace(by, "").replace(",", ".") if other else whole.replace(by, "")
    if not _PLAIN.match(whole):
        raise _no_number(text)
    return _decimal(whole, text, decimal)


def _decimal(whole: str, text: str, decimal: str | None) -> str:
    wrong = {"point": ",", "comma": "."}.get(decimal or "")
    if wrong and wrong in whole:
        raise _other_sign(text, decimal or "")
    return whole.replace(",", ".")


def _no_number(text: str) -> NotAValueError:
    return NotAValueError(f'"{shortened(text)}" is not a number')


def _other_sign(text: str, decimal: str) -> NotAValueError:
    return SpecificError(
        f'"{shortened(text)}" is not a number with a decimal {decimal} and thousands in threes'
    )


def decimal_sign(text: str) -> str | None:
    """Return the decimal separator that a text shows: ``point``, ``comma``, None if unclear."""
    core = _CORE.search(_SPACES.sub(" ", text))
    if core is None:
        return None
    plain = core[0].strip("()-+ ")
    try:
        _digits(plain, plain, None)
    except NotAValueError:
        return None
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return None
    grouped = _GROUPED.match(plain)
    if grouped and marks[-1] == grouped["by"]:
        return "comma" if marks[-1] == "." else "point"
    return "point" if marks[-1] == "." else "comma"


def amount(text: str, unit: str | None, decimal: str | None = None) -> Amount:
    """Return a number with its words: a sign of currency or percent, thousands, a unit.

    Args:
        text: The text.
        unit: The unit of the fact.
        decimal: As in `plain_number`.

    Raises:
        NotAValueError: It is not a number, or has an unknown word or another unit.
        AmbiguousError: It has two readings.
    """
    plain = _SPACES.sub(" ", text.translate(_MINUS)).strip()
    if len(plain) > _LONGEST:
        raise _no_number(text)
    core = _CORE.search(plain)
    if core is None:
        raise _no_number(text)
    before, after = plain[: core.start()], plain[core.end() :]
    if before.strip() in ("-", "+"):
        before, number = "", f"{before.strip()}{core[0]}"
    elif before.startswith("-") and before[1:].strip().casefold() in _CURRENCY:
        before, number = before[1:], f"-{core[0]}"
    else:
        number = core[0]
    value = plain_number(number.strip(), decimal)
    currency, marked = "", False
    for word in _words(before, after):
        if word in _CURRENCY and unit in ("money", None) and not currency:
            currency = _CURRENCY[word]
        elif word in _TIMES and unit in ("money", "count", None):
            value = shifted(value, _TIMES[word])
        elif word in _UNIT and _UNIT[word] == unit:
            marked = marked or unit == "percent"
        else:
            raise _other_word(text, word, unit)
    return Amount(value, currency, marked)


def heading_unit(heading: str) -> tuple[str, str]:
    """Return a heading without the unit of money at its end, and that unit.

    ``Turnover, k EUR`` is ``Turnover`` in ``k EUR``; a heading without a unit comes back as it is.
    """
    found = _HEADING.match(heading) if len(heading) <= _LONGEST else None
    if found is None:
        return heading, ""
    try:
        amount(f"1 {found['unit']}", "money")
    except NotAValueError:
        return heading, ""
    return found["name"].strip(), found["unit"].strip()


def shifted(value: float, times: int) -> float:
    """Return value × times, a power of ten, without the noise of binary fractions."""
    if isinstance(value, int):
        return value * times
    return float(f"{value!r}e{len(str(times)) - 1}") if "e" not in repr(value) else value * times


def _words(before: str, after: str) -> Iterator[str]:
    for part in (before, after):
        whole = part.strip(" |\t").casefold()
        if whole and not whole.strip("."):
            yield whole
        whole = whole.strip(".")
        if whole in _CURRENCY or whole in _UNIT or whole in _TIMES:
            yield whole
            continue
        for word in re.split(r"[\s|]+|(?<=[₴$€£%])|(?=[₴€£%])", whole):
            if word.strip("."):
                yield word.strip(".")


def _other_word(text: str, word: str, unit: str | None) -> NotAValueError:
    shown = shortened(text)
    if word in _CURRENCY:
        return SpecificError(f'"{shown}" is an amount of money, not {unit}')
    if word in _UNIT:
        return SpecificError(f'"{shown}" is in {_UNIT[word]}, not in {unit}')
    return _no_number(text)


def amount_or_band(text: str, unit: str | None, decimal: str | None = None) -> Amount | NumberBand:
    """Return a number or a band in one of the usual forms: 2..9, 2–9, from 2 to 9, up to 9, 9+.

    Raises:
        NotAValueError: It is neither.
        AmbiguousError: It has two readings.
    """
    plain = _SPACES.sub(" ", text.translate(_MINUS)).strip()
    if len(plain) > _LONGEST:
        raise _no_number(text)
    try:
        return amount(plain, unit, decimal)
    except AmbiguousError:
        raise
    except NotAValueError as error:
        first = error
    begun = _FROM.match(plain)
    parts = _BETWEEN.split(plain[begun.end() :] if begun else plain)
    if len(parts) == 2 and all(any(c.isdigit() for c in part) for part in parts):  # noqa: PLR2004 -- the ends
        high = amount(parts[1], unit, decimal)
        low = amount(parts[0], unit, decimal)
        if not low.currency and _multiplied(parts[1]) and not _multiplied(parts[0]):
            factor = next(_TIMES[w] for w in _words("", _after(parts[1])) if w in _TIMES)
            low = Amount(shifted(low.value, factor), low.currency, low.marked)
        return NumberBand(low, high)
    for pattern, least in ((_AT_MOST, False), (_AT_LEAST, True)):
        if found := pattern.match(plain):
            end = amount(plain[found.end() :], unit, decimal)
            return NumberBand(end, None) if least else NumberBand(None, end)
    if plain.endswith("+"):
        return NumberBand(amount(plain[:-1], unit, decimal), None)
    raise first


def _after(text: str) -> str:
    core = _CORE.search(text)
    return "" if core is None else text[core.end() :]


def _multiplied(text: str) -> bool:
    return any(word in _TIMES for word in _words("", _after(text)))
