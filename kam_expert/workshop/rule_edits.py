"""What a submitted form changes in the file of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError, ProblemsError, shortened
from kam_expert.knowledge.yaml_reader import read_text
from kam_expert.workshop.condition_form import OPERATORS
from kam_expert.workshop.form_parts import removable_in
from kam_expert.workshop.rule_text import as_data, flow_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kam_expert.workshop.form_parts import Control
    from kam_expert.workshop.rule_form import RuleForm
    from kam_expert.workshop.rule_text import NodePath

_ALL_OPERATORS = frozenset(op for family in OPERATORS.values() for op in family)
#: Mappings whose tests are of a number, so that ``is`` stays a key.
_NUMBERED = ("count", "findings", "days_ago", "days_until", "size")
#: No fact has so large a number.
_LARGEST = 1e12


class RuleEdits:
    """Changes a rule file by its form.

    Args:
        form: The form, with the file that is changed.
    """

    def __init__(self, form: RuleForm) -> None:
        self.form = form
        self.text = form.text
        self.says = form.says

    def apply(self, submitted: Mapping[str, Sequence[str]]) -> list[str]:
        """Put what was submitted into the file, and return what could not be read.

        Args:
            submitted: The values by the name of the field; a field that is missing stays as it is.
        """
        wrong: list[str] = []
        operators = []
        for control in list(self.form.controls()):
            if control.name not in submitted:
                continue
            values = [value for value in submitted[control.name] if value]
            if control.kind == "operator":
                if values and values[0] != control.only:
                    operators.append((control, values[0]))
                continue
            if tuple(values) == control.value or (not values and control.value == ("",)):
                continue
            try:
                self.text.set(control.path, self._read(control, values))
            except (ValueError, ProblemsError) as error:
                wrong.append(f"{control.label}: {error}")
        # Deeper ones first: a new operator changes the places below it.
        for control, op in sorted(operators, key=lambda each: -len(each[0].path)):
            if op in dict(control.options):
                self._change_operator(control.path, op)
        return wrong

    def add(self, part: str, key: str, submitted: Mapping[str, Sequence[str]]) -> None:
        """Add a condition or an exception.

        Args:
            part: ``when`` or ``unless``.
            key: A fact, or ``finding:`` with a finding.
            submitted: The fields of `adding`.

        Raises:
            KamError: A field is empty or cannot be read.
        """
        add = self.text.add_exception if part == "unless" else self.text.add_condition
        head, _, finding = key.partition(":")
        if head == "finding":
            if finding not in self.form.base.findings:
                raise KamError(f'no finding "{finding}"')
            add("finding", finding)
            return
        op, value, *reasons = self.form.adding(key)
        chosen = next((v for v in submitted.get(op.name, ()) if v in dict(op.options)), op.only)
        values = [v for v in submitted.get(value.name, ()) if v]
        try:
            operand = self._read(value, values)
        except ValueError as error:
            raise KamError(f"{value.label}: {error}") from None
        if reasons:
            why = ["".join(submitted.get(reason.name, ())).strip() for reason in reasons]
            if not all(why):
                raise KamError(self.says.label("say_why"))
            name = self._new_threshold(key.rpartition(".")[2])
            self.text.add_threshold(name, operand, dict(zip(("uk", "en"), why, strict=True)))
            operand = f"${name}"
        add(key, operand if chosen == "is" else {chosen: operand})

    def copy_case(self, index: int) -> int:
        """Add a case like the one at *index* and return its place. Raises KamError."""
        case = self._case_at(index)
        name = f"{case['name']} {self.says.label('changed')}"
        given = as_data(case["given"])
        self.text.add_case(name, given, str(case["expect"]), case.get("finding"))
        return len(self.text.root["cases"]) - 1

    def give(self, index: int, key: str) -> None:
        """Add one more fact to the case at *index*, with its first value.

        Args:
            index: The entry under ``cases``.
            key: The fact; with ``customer.`` before it, as the customer says it.

        Raises:
            KamError: The case or the fact is unknown, or the fact is given.
        """
        given = self._case_at(index)["given"]
        *side, name = key.split(".")
        fact = self.form.base.facts.get(name)
        if fact is None or side not in ([], ["customer"]):
            raise KamError(f'no fact "{key}" can be given')
        block = given if not side else given.setdefault("customer", flow_map())
        if name in block:
            raise KamError(f"{self.form.words.fact(name)}: {self.says.label('given')}")
        first: Any = 0 if fact.is_number else (fact.words() or [""])[0]
        block[name] = [first] if fact.doc.type == "set" else first

    def _case_at(self, index: int) -> Any:
        cases = self.text.root.get("cases", ())
        if not 0 <= index < len(cases):
            raise KamError("there is no such case")
        return cases[index]

    def remove(self, name: str) -> None:
        """Remove what the button *name* stands for, and the numbers that only it named.

        Raises:
            KamError: Nothing can be removed there.
        """
        known = {"/".join(map(str, path)): path for path in self._removable()}
        if name not in known:
            raise KamError(f'nothing can be removed at "{name}"')
        before = self._named_numbers()
        self.text.remove(known[name])
        for unused in before - self._named_numbers():
            if unused in self.text.root.get("thresholds", {}):
                self.text.remove(("thresholds", unused))

    def _removable(self) -> Iterator[NodePath]:
        blocks = [self.form.condition(part) for part in ("when", "unless")]
        cases = range(len(self.text.root.get("cases", ())))
        yield from (("cases", index) for index in cases)
        for block in (*blocks, *(self.form.case(index).given for index in cases)):
            if block is not None:
                yield from (path for path in removable_in(block) if path)

    def _named_numbers(self) -> set[str]:
        parts = (self.text.root.get(part) for part in ("when", "unless"))
        return {name for part in parts for name in _numbers_in(part)}

    def _new_threshold(self, fact: str) -> str:
        known = self.text.root.get("thresholds", {})
        name, number = fact, 2
        while name in known:
            name, number = f"{fact}_{number}", number + 1
        return name

    def _read(self, control: Control, values: list[str]) -> Any:
        """Return what was submitted as it is written. Raises ValueError or ProblemsError."""
        if not values:
            raise ValueError(self.says.label("empty"))
        match control.kind:
            case "number":
                return _number(values[0])
            case "choice" | "words":
                known = dict(control.options)
                if not all(value in known for value in values):
                    raise ValueError(self.says.label("unknown"))
                order = list(dict.fromkeys((*control.value, *known)))
                words = sorted(values, key=order.index)
                listed = self._is_list(control.path)
                return words if listed or len(words) > 1 else words[0]
            case "yaml":
                return as_data(read_text(values[0], control.label))
            case _:
                return " ".join(values[0].split())

    def _is_list(self, path: NodePath) -> bool:
        try:
            return isinstance(self.text.at(path), list)
        except (KeyError, IndexError, TypeError):
            return False

    def _change_operator(self, path: NodePath, new: str) -> None:
        """Change an operator; ``is`` alone is written without one."""
        *_, key = path
        before = self.text.at(path)
        if isinstance(key, str) and key in _ALL_OPERATORS:
            holder = self.text.at(path[:-1])
            plain_test = len(holder) == 1 and path[-2] not in _NUMBERED
            if new == "is" and plain_test:
                self.text.set(path[:-1], as_data(before))
            else:
                self.text.rename(path, new)
        elif new != "is":
            self.text.set(path, {new: as_data(before)})


def _numbers_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _numbers_in(item)
    elif isinstance(node, str) and node.startswith("$"):
        yield node[1:]


def _number(text: str) -> int | float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"“{shortened(text)}”") from None
    if not abs(value) < _LARGEST:
        raise ValueError(f"“{shortened(text)}”")
    return int(value) if value.is_integer() else value
