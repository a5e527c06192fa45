"""The texts that a campaign sends: to an owner, and to a customer. The program sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.date_words import dated
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.results.campaign import AskedAccount, Campaign

#: The files that a letter is sent with.
WORKBOOK, QUESTIONNAIRE = "questions.xlsx", "questions.html"
#: Questions that a person answers in a minute.
_A_MINUTE = 2


def customer_letter(campaign: Campaign, account: AskedAccount, lang: str) -> str:
    """Return the letter to a customer; it has nothing of the account but its name."""
    said = translator(lang)
    _ = said.gettext
    count = len(account.customer)
    minutes = max(2, -(-count // _A_MINUTE))
    asks = said.ngettext(
        "We ask your company to answer %(count)d question. It takes about %(minutes)d minutes.",
        "We ask your company to answer %(count)d questions. It takes about %(minutes)d minutes.",
        count,
    ) % {"count": count, "minutes": minutes}
    if account.link:
        how = _("Please answer on this page: %(link)s") % {"link": account.link}
    else:
        how = _(
            "Open the attached file %(file)s in a browser, answer, press “Save the answers” at the "
            "end and send us the file that is saved. The page itself sends nothing."
        ) % {"file": QUESTIONNAIRE}
    several = _(
        "Several people may answer, each in a file of their own; please give your name or role. "
        "“Not known” is an answer too."
    )
    ends = _(
        "Please answer by %(stop)s. After that day we will not ask again. If you would rather not "
        "answer, say so, and we will not remind you."
    ) % {"stop": dated(campaign.stop, lang)}
    keeps = _(
        "We use the answers only to see how we work together and what to improve in it. We keep "
        "them until %(keep)s and erase them afterwards. You can see, correct or withdraw them at "
        "any time: write to the person who sent you this letter."
    ) % {"keep": dated(campaign.keep_until, lang)}
    subject = _("Subject: a few questions about our work together")
    greeting = _("Dear colleagues at %(name)s,") % {"name": " ".join(account.name.split())}
    parts = [subject, greeting, campaign.purpose[lang], f"{asks} {how}", several, ends, keeps]
    return _text([*parts, _("Thank you!")])


def owner_letter(
    campaign: Campaign, owner: str, accounts: Sequence[AskedAccount], lang: str
) -> str:
    """Return the letter to the owner of *accounts*."""
    _ = translator(lang).gettext
    asks = _(
        "Please fill in the attached workbook %(file)s: a row for each of your accounts "
        "(%(count)d), a column for each question."
    ) % {"count": len(accounts), "file": WORKBOOK}
    parts = [
        _("Subject: questions about your accounts"),
        _("Hello %(name)s,") % {"name": " ".join(owner.split())} if owner else _("Hello,"),
        f"{asks} {_('Only questions that could change what we know are asked.')}",
        _(
            "On its second sheet say what you expect the customer to answer, before you know it: "
            "where the two differ, we learn most."
        ),
        _("Please send it back by %(stop)s, even half filled. Leave empty what you do not know.")
        % {"stop": dated(campaign.stop, lang)},
        _(
            "The customer gets the questions and the letter in the folders of the customers; send "
            "them yourself. The answers are kept until %(keep)s."
        )
        % {"keep": dated(campaign.keep_until, lang)},
    ]
    return _text(parts)


def _text(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"
