"""experta with the changes that this program needs. The only module that imports experta.

Facts are matched with positive patterns alone; nothing is retracted and nothing negated, so no
activation can go stale.
"""

from __future__ import annotations

import collections
import collections.abc
import logging
from bisect import insort
from operator import attrgetter
from typing import TYPE_CHECKING, Any

# experta uses names that Python 3.10 moved, and configures logging when imported.
if not hasattr(collections, "Mapping"):
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
_handlers = list(logging.getLogger().handlers)
import experta  # noqa: E402 -- needs the name above
import experta.matchers.rete  # noqa: E402 -- as above
from experta.activation import Activation  # noqa: E402 -- as above
from experta.matchers import ReteMatcher  # noqa: E402 -- as above
from experta.matchers.rete.mixins import NoMemory  # noqa: E402 -- as above
from experta.matchers.rete.nodes import ConflictSetNode, FeatureTesterNode  # noqa: E402 -- as above
from experta.matchers.rete.token import Token, TokenInfo  # noqa: E402 -- as above
from experta.strategies import DepthStrategy  # noqa: E402 -- as above

logging.getLogger().handlers[:] = _handlers
# experta logs every fact and every match. Facts about an account must not be logged.
for _name in list(logging.root.manager.loggerDict):
    if _name.startswith("experta."):
        # A server that sets up logging would enable a logger again that is only disabled.
        logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Facts are compared by identity. experta would hash all fields of each to find equal ones.
experta.factlist.FactList._get_fact_id = staticmethod(id)  # noqa: SLF001 -- as above

MATCH, P, TEST, W = experta.MATCH, experta.P, experta.TEST, experta.W
Rule = experta.Rule


class WorkingFact(experta.Fact):
    """A fact or pattern, compared by identity: experta would hash all its fields.

    It has no declared fields, and only a pattern has conditions in it. experta would check each
    field of each fact for that.
    """

    __hash__ = object.__hash__

    def __init__(self) -> None:
        """Create a fact without fields; see `new_fact`."""

    def validate(self) -> None:
        """Check nothing."""

    def has_field_constraints(self) -> bool:
        """Return False."""
        return False

    def has_nested_accessor(self) -> bool:
        """Return False."""
        return False

    def __str__(self) -> str:
        """Return the class: experta words the facts of each firing, though nobody reads it."""
        return type(self).__name__


class AnswersFact(WorkingFact):
    """The answers about an entity: a field for each tested value. One subclass per kind."""


class ConclusionFact(WorkingFact):
    """The result of a rule for an entity, in both readings."""


class FindingFact(WorkingFact):
    """A settled finding about an entity. One subclass per finding."""


class SettledStratum(WorkingFact):
    """A stratum that is settled."""


class OpenStratum(WorkingFact):
    """A stratum that is open: what its rules read is settled."""


class StageFact(WorkingFact):
    """The stage, settled."""


def new_fact(of: Any, **fields: Any) -> Any:
    """Return a fact, or a pattern of facts, of a class."""
    fact = of()
    dict.update(fact, fields)  # experta's own freezes every value again
    return fact


def _new_token(cls: Any, tag: Any, data: Any, context: Any = None) -> Any:
    facts = {data} if isinstance(data, experta.Fact) else data
    return tuple.__new__(cls, (tag, facts, {} if context is None else context))


def _copied(token: Any) -> Any:
    return tuple.__new__(type(token), (token.tag, token.data.copy(), token.context.copy()))


def _new_info(cls: Any, data: Any, context: Any) -> Any:
    return tuple.__new__(cls, (frozenset(data), tuple(context.items())))


def _is_same(info: Any, other: Any) -> bool:
    return bool(info.data == other.data)


def _hash(info: Any) -> int:
    return hash(info.data)


def _patterns(rule: Any) -> set[Any]:
    return {part for part in rule if isinstance(part, experta.Fact)}


# For each rule, experta defines a function with a case for each kind of condition. Here a rule is a
# list.
experta.matchers.rete.extract_facts = _patterns

# experta checks each part of a token, and hashes its whole context, whenever a node makes one. Its
# facts identify a token: the context follows from them.
Token.__new__ = _new_token
Token.copy = _copied
TokenInfo.__new__ = _new_info
TokenInfo.__hash__ = _hash
TokenInfo.__eq__ = _is_same


class _Activation(Activation):
    """A rule with facts that it matches, compared by identity: each is made once."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _activate_rule(node: Any, token: Any) -> None:
    info = token.to_info()
    if info not in node.memory:
        node.memory.add(info)
        node.added.add(_Activation(node.rule, info.data, dict(token.context)))


def _test_fact(node: Any, token: Any) -> None:
    [fact] = token.data
    match = node.matcher(fact)
    if not match:
        return
    if match is not True:
        token.context.update(match)
    for child in node.children:
        child.callback(token)


# experta hashes the context of each activation, and checks for negated conditions and for another
# value of the same name, which patterns of distinct names do not have.
ConflictSetNode._activate = _activate_rule  # noqa: SLF001 -- as above
FeatureTesterNode._activate = _test_fact  # noqa: SLF001 -- as above


class _Matcher(ReteMatcher):
    """Checks only the rules that name the class of a fact.

    experta checks each fact against every class, polls every rule for changes after each firing,
    and keeps the list of changes for one engine at a time.
    """

    def build_network(self) -> None:
        super().build_network()
        self._entry = {child.node.matcher.fact_type: child for child in self.root_node.children}
        nodes = dict.fromkeys(_below(self.root_node))
        self._rules = [node for node in nodes if isinstance(node, ConflictSetNode)]
        self._memories = [node for node in nodes if not isinstance(node, NoMemory)]

    @staticmethod
    def prepare_ruleset(engine: Any) -> set[Any]:
        # experta would compute the normal form of each rule; a list of positive patterns has it.
        # The copy has no reference to the engine, which experta passes to the action.
        return {rule.new_conditions(*rule) for rule in engine.get_rules()}

    def changes(self, adding: Any = None, deleting: Any = None) -> Any:
        found: tuple[list[Any], list[Any]] = [], []
        tokens = [Token.invalid(fact) for fact in deleting or ()]
        tokens += [Token.valid(fact) for fact in adding or ()]
        entries = [(self._entry.get(type(*token.data)), token) for token in tokens]
        if any(entry for entry, _ in entries):
            for entry, token in entries:
                if entry:
                    entry.callback(token)
            for rule in self._rules:
                if rule.added or rule.removed:
                    for all_, new in zip(found, rule.get_activations(), strict=True):
                        all_.extend(new)
        return found

    def reset(self) -> None:
        for node in self._memories:
            node._reset()  # noqa: SLF001 -- experta's own goes through all nodes, many twice


def _below(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from _below(child.node)


_KEY = attrgetter("key")


class _RuleOrder(DepthStrategy):
    """Orders rules by salience. Each salience is distinct, so the order is deterministic."""

    def _update_agenda(self, agenda: Any, added: Any, removed: Any) -> None:
        # experta finds the place in the agenda by comparisons in Python. Nothing is removed.
        del removed
        for activation in added:
            activation.key = self.get_key(activation)
            insort(agenda.activations, activation, key=_KEY)

    def get_key(self, activation: Any) -> Any:
        # Not cached, as experta does: the cache would keep the facts of accounts.
        facts = sorted((fact["__factid__"] for fact in activation.facts), reverse=True)
        return activation.rule.salience, facts


class ChainingEngine(experta.KnowledgeEngine):
    """An engine of experta; derived classes hold the rules."""

    __matcher__ = _Matcher
    __strategy__ = _RuleOrder

    def __init__(self) -> None:
        super().__init__()
        # experta looks for these among all attributes at every reset.
        self._deffacts = super().get_deffacts()

    def get_deffacts(self) -> Any:
        """Return what each reset declares."""
        return self._deffacts
