"""The pages about a method: one for each rule, finding, step, statement and strategy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kam_expert.knowledge.node_edits import as_written
from kam_expert.knowledge.rule import DERIVED
from kam_expert.outputs.interface import translator
from kam_expert.workshop.better_words import BetterWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.documents import Text
    from kam_expert.knowledge.rule import Rule
    from kam_expert.workshop.sources import RuleSources, WrittenCondition

#: The folders of the pages, in the order of the start page.
FOLDERS = ("statements", "rules", "findings", "steps", "strategies")
_ROW, _COLUMN = 22, 300


@dataclass(frozen=True)
class PageLink:
    """A line of a page: a text, a link, or both.

    Attributes:
        path: The page, from the folder of the language; empty for a text.
    """

    text: str
    path: str = ""
    after: str = ""


@dataclass(frozen=True)
class PageSection:
    """A heading with lines, or with a passage of a file."""

    heading: str
    lines: tuple[PageLink, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class MethodPage:
    """One page.

    Attributes:
        path: From the folder of the language.
        kind: What the page is about, as a word.
        title: The name for readers.
        id: The name in the rule base.
        lead: What it says.
        sections: Those that have something to say.
    """

    path: str
    kind: str
    title: str
    id: str
    lead: str
    sections: tuple[PageSection, ...]


@dataclass(frozen=True)
class GraphNode:
    """A finding in the graph, with its place in units of the picture."""

    title: str
    path: str
    x: int
    y: int


@dataclass
class FindingGraph:
    """Which findings rules read to conclude others.

    Attributes:
        edges: Pairs of indexes of nodes: read, concluded.
    """

    nodes: list[GraphNode] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    width: int = 0
    height: int = 0


def words_of(_: Callable[[str], str]) -> dict[str, str]:
    """Return the words of a rule base for strengths, results, statuses and hedges."""
    return {
        "establishes": _("establishes"), "suggests": _("suggests"), "hints": _("hints"),
        "holds": _("holds"), "assumed": _("assumed"), "silent": _("silent"), "open": _("open"),
        "established": _("established"), "likely": _("likely"), "possible": _("possible"),
        "universal": _("always"), "categorical": _("without reservation"), "must": _("a must"),
        "often": _("often"), "may": _("maybe"), "rarely": _("rarely"),
        "not_always": _("not always"), "comparative": _("by comparison"),
        "imperative": _("as advice"), "question": _("as a question"), "heading": _("as a heading"),
    }  # fmt: skip


class MethodPages:
    """The pages about a rule base in one language.

    Args:
        sources: The rule base as written.
        lang: ``uk`` or ``en``.
        fired: By rule, in how many of the whole accounts it holds or is assumed.
        accounts: The number of whole accounts.
    """

    def __init__(
        self, sources: RuleSources, lang: str, fired: Mapping[str, int], accounts: int
    ) -> None:
        self.base: KnowledgeBase = sources.base
        self.lang = lang
        self.fired, self.accounts = fired, accounts
        self.translate = translator(lang).gettext
        self._words = words_of(self.translate)
        self._better = BetterWords(self.base, lang)
        written = (*sources.rules, *sources.strategies)
        self._written: dict[str, WrittenCondition] = {each.name: each for each in written}
        self._rules = [r for r in self.base.rules if r.status not in ("retired", DERIVED)]

    def pages(self) -> Iterator[MethodPage]:
        """Yield every page, in the order of the start page."""
        base = self.base
        for name in base.statements.statements:
            yield self._statement(name)
        for rule in self._rules:
            if rule.finding not in base.strategy_findings:
                yield self._rule(rule)
        for name in base.findings:
            if name not in base.strategy_findings:
                yield self._finding(name)
        for name in base.steps:
            yield self._step(name)
        for strategy in base.strategies:
            yield self._strategy(strategy.id)

    def statements(self) -> Iterator[tuple[str, list[tuple[PageLink, tuple[PageLink, ...]]]]]:
        """Yield the sections of the source: each statement with what encodes it."""
        base = self.base
        for section in base.statements.sections:
            found = [
                (PageLink(self._text(doc.says), f"statements/{name}.html"), self._citing(name))
                for name, doc in base.statements.statements.items()
                if doc.section == section.id
            ]
            if found:
                yield self._text(section.name), found

    def graph(self) -> FindingGraph:
        """Return the graph of the findings that are read by rules, or concluded by such rules."""
        base = self.base
        pairs = sorted(
            {
                (read, rule.finding)
                for rule in self._rules
                for read in rule.findings_read()
                if read in base.findings
            }
        )
        pairs = [p for p in pairs if not set(p) & set(base.strategy_findings)]
        used = {name for pair in pairs for name in pair}
        graph = FindingGraph()
        index: dict[str, int] = {}
        for column, stratum in enumerate(base.strata):
            row = 0
            for name in stratum:
                if name in used:
                    index[name] = len(graph.nodes)
                    place = (10 + column * _COLUMN, 20 + row * _ROW)
                    title = self._text(base.findings[name].name)
                    graph.nodes.append(GraphNode(title, f"findings/{name}.html", *place))
                    row += 1
        graph.edges = [(index[read], index[made]) for read, made in pairs]
        graph.width = max((node.x for node in graph.nodes), default=0) + _COLUMN
        graph.height = max((node.y for node in graph.nodes), default=0) + _ROW
        return graph

    # The pages

    def _statement(self, name: str) -> MethodPage:
        _ = self.translate
        doc = self.base.statements.statements[name]
        findings = [n for n, d in self.base.findings.items() if name in d.cites]
        section = next(s.name for s in self.base.statements.sections if s.id == doc.section)
        return self._page(
            "statements", name, _("Statement of the source"), self._text(doc.says), "",
            (_("Section"), (PageLink(self._text(section)),)),
            (_("How firmly the source says it"), (PageLink(self._words[doc.hedge]),)),
            (_("What encodes it"), self._citing(name)),
            (_("Findings that cite it"), self._findings(findings)),
        )  # fmt: skip

    def _rule(self, rule: Rule) -> MethodPage:
        _ = self.translate
        written = self._written[rule.name].node
        code = "\n".join(
            f"{key}: {as_written(written[key])}" for key in ("when", "unless") if key in written
        )
        finding = self.base.findings[rule.finding]
        thresholds = tuple(
            PageLink(f"{t.name} = {t.value:g}", after=t.reason[self.lang]) for t in rule.thresholds
        )
        fired = _("In %(count)s of %(all)s whole accounts") % {
            "count": self.fired.get(rule.name, 0), "all": self.accounts,
        }  # fmt: skip
        practice = (PageLink(_("Practice; the source is silent")),)
        return self._page(
            "rules", rule.name, _("Rule"), rule.name.replace("_", " "),
            self._text(rule.explains),
            (_("Concludes"), (self._link_of(rule.finding, after=self._words[rule.strength]),)),
            (_("What it says"), (PageLink(self._text(finding.means)),)),
            (_("Source"), self._sources(rule.cites) or practice),
            (_("Numbers that we chose"), thresholds),
            (_("Which answers are better"), _pairs(self._better.answers(rule))),
            (_("Findings that it reads"), self._findings(sorted(rule.findings_read()))),
            (_("Cases"), tuple(PageLink(c.name, after=self._words[c.expect]) for c in rule.cases)),
            (_("How often it fires"), (PageLink(fired),)),
            code=(_("Condition"), code),
        )  # fmt: skip

    def _finding(self, name: str) -> MethodPage:
        _ = self.translate
        doc, base = self.base.findings[name], self.base
        headlines = tuple(
            PageLink(self._text(getattr(doc.headline, status)), after=self._words[status])
            for status in ("established", "likely", "possible")
        )
        reading = [r for r in self._rules if name in r.findings_read()]
        steps = [step for step, d in base.steps.items() if name in d.answers]
        mirror = [doc.mirror] if doc.mirror else []
        return self._page(
            "findings", name, _("Finding"), self._text(doc.name), self._text(doc.means),
            (_("What a report says"), headlines),
            (_("Rules that conclude it"), self._links(base.rules_for(name))),
            (_("Source"), self._sources(doc.cites)),
            (_("Usually follows from"), self._findings(doc.follows_from)),
            (_("Why a better answer may raise it"), _pairs(self._better.reasons(name))),
            (_("Its opposite"), self._findings(mirror)),
            (_("Rules that read it"), self._links(reading)),
            (_("Steps that answer it"), self._steps(steps)),
        )  # fmt: skip

    def _step(self, name: str) -> MethodPage:
        _ = self.translate
        doc, base = self.base.steps[name], self.base
        holding = base.step_book.holding(doc)
        cautions = (*doc.cautions, *base.step_book.always)
        return self._page(
            "steps", name, _("Next step"), self._text(doc.name), self._text(doc.do),
            (_("How one sees that it worked"), (PageLink(self._text(doc.success)),)),
            (_("Who"), (PageLink(self._text(doc.who)),)),
            (_("Answers"), self._findings(doc.answers)),
            (_("Waits while there is"), self._findings(holding)),
            (_("Not proposed while there is"), self._findings(base.step_book.dropping(doc))),
            (_("Replaced by"), self._steps(doc.replaced_by.values())),
            (
                _("Cautions"),
                tuple(PageLink(self._text(base.step_book.cautions[c])) for c in cautions),
            ),
        )  # fmt: skip

    def _strategy(self, name: str) -> MethodPage:
        _ = self.translate
        strategy = next(s for s in self.base.strategies if s.id == name)
        written = self._written.get(name)
        keys = [] if written is None else [k for k in ("when", "unless") if k in written.node]
        code = "\n".join(f"{key}: {as_written(written.node[key])}" for key in keys if written)
        purposes = self.base.step_book.purposes
        rule = next((r for r in self._rules if r.name == name), None)
        cases = () if rule is None else rule.cases
        read = sorted(rule.findings_read()) if rule else []
        first = tuple(PageLink(self._text(purposes[p])) for p in dict.fromkeys(strategy.first))
        return self._page(
            "strategies", name, _("Strategy"), self._text(strategy.name),
            self._text(strategy.says),
            (_("What comes first"), first),
            (_("Findings that it reads"), self._findings(read)),
            (_("Cases"), tuple(PageLink(c.name, after=self._words[c.expect]) for c in cases)),
            code=(_("Condition"), code),
        )  # fmt: skip

    # Parts of pages

    def _page(  # noqa: PLR0913 -- the parts of a page
        self,
        folder: str,
        name: str,
        kind: str,
        title: str,
        lead: str,
        *sections: tuple[str, Iterable[PageLink]],
        code: tuple[str, str] = ("", ""),
    ) -> MethodPage:
        found = [PageSection(h, tuple(lines)) for h, lines in sections]
        if code[1]:
            found.insert(1, PageSection(code[0], code=code[1]))
        kept = tuple(section for section in found if section.lines or section.code)
        return MethodPage(f"{folder}/{name}.html", kind, title, name, lead, kept)

    def _text(self, text: Text) -> str:
        return text.get(self.lang)

    def _link_of(self, finding: str, after: str = "") -> PageLink:
        strategy = self.base.strategy(finding) or next(
            (s for s in self.base.strategies if s.applies == finding), None
        )
        if strategy is not None:
            return PageLink(self._text(strategy.name), f"strategies/{strategy.id}.html", after)
        title = self._text(self.base.findings[finding].name)
        return PageLink(title, f"findings/{finding}.html", after)

    def _findings(self, names: Iterable[str]) -> tuple[PageLink, ...]:
        return tuple(self._link_of(name) for name in dict.fromkeys(names))

    def _steps(self, names: Iterable[str]) -> tuple[PageLink, ...]:
        steps = self.base.steps
        return tuple(
            PageLink(self._text(steps[n].name), f"steps/{n}.html") for n in dict.fromkeys(names)
        )

    def _links(self, rules: Iterable[Rule]) -> tuple[PageLink, ...]:
        links = []
        for rule in rules:
            if rule.finding in self.base.strategy_findings:
                links.append(self._link_of(rule.finding))
            else:
                title = rule.name.replace("_", " ")
                links.append(PageLink(title, f"rules/{rule.name}.html", self._words[rule.strength]))
        return tuple(dict.fromkeys(links))

    def _citing(self, statement: str) -> tuple[PageLink, ...]:
        return self._links(rule for rule in self._rules if statement in rule.cites)

    def _sources(self, cites: Iterable[str]) -> tuple[PageLink, ...]:
        known = self.base.statements.statements
        return tuple(
            PageLink(self._text(known[n].says), f"statements/{n}.html", self._words[known[n].hedge])
            for n in cites
            if n in known
        )


def _pairs(said: Iterable[tuple[str, str]]) -> tuple[PageLink, ...]:
    return tuple(PageLink(text, after=after) for text, after in said)
