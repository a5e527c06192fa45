"""Interface texts in the reader's language. The English texts are the ids."""

from __future__ import annotations

import functools
import gettext

from kam_expert.resources import locale_folder

LANGUAGES = ("uk", "en")
ORIGINAL = "en"
_DOMAIN = "kam"


@functools.cache
def translator(lang: str) -> gettext.NullTranslations:
    """Return the interface texts of a language.

    Args:
        lang: ``uk`` or ``en``.

    Returns:
        Translations by English text.

    Raises:
        FileNotFoundError: The compiled texts of that language are missing.
    """
    if lang == ORIGINAL:
        return gettext.NullTranslations()
    return gettext.translation(_DOMAIN, str(locale_folder()), [lang])
