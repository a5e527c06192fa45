"""The words of the program itself in the language of the reader; English is the original."""

from __future__ import annotations

import functools
import gettext

from kam_expert.resources import locale_folder

LANGUAGES = ("uk", "en")
ORIGINAL = "en"
_DOMAIN = "kam"


@functools.cache
def translator(lang: str) -> gettext.NullTranslations:
    """Return the interface texts in *lang*.

    Args:
        lang: ``uk`` or ``en``.

    Returns:
        Translations by English text; English itself needs none.

    Raises:
        FileNotFoundError: The compiled texts of that language did not come with the program.
    """
    if lang == ORIGINAL:
        return gettext.NullTranslations()
    return gettext.translation(_DOMAIN, str(locale_folder()), [lang])
