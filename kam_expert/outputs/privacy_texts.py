"""Templates of legal documents: legitimate interests assessment and privacy notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.templating import environment
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.privacy import Privacy

KINDS = ("lia", "notice")


def privacy_text(kind: str, privacy: Privacy, lang: str) -> str:
    """Return a template (``lia`` or ``notice``) as Markdown, with the facts that are recorded.

    The templates are not legal advice; the user fills in the brackets.
    """
    # Markdown needs no HTML escaping, and all texts come from the rule base.
    plain = environment(templates_folder(), lang).overlay(autoescape=False, bytecode_cache=None)
    facts = [f for f in privacy.base.facts.values() if f.doc.privacy != "account"]
    template = plain.get_template(f"privacy/{kind}.{lang}.md.j2")
    return template.render(facts=facts, days=privacy.keep_days).rstrip() + "\n"
