"""An operation of the interface, its parameters, and one call of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.app.account_tools import AccountTools
from kam_expert.app.inbox import Inbox
from kam_expert.errors import KamError, shortened, unknown_name, unknown_word
from kam_expert.facts.number_text import whole_number
from kam_expert.store.records import NotThere
from kam_expert.store.users import UserRole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from starlette.responses import Response

    from kam_expert.facts.proposals import Note
    from kam_expert.knowledge.documents import Doc
    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.programs import ClientProgram
    from kam_expert.web.service import AccountService, AccountView

#: The body of an operation that takes a case.
CASE = "Case"
_MOST_CHARACTERS = 500


@dataclass(frozen=True)
class Parameter:
    """A parameter in the query.

    Attributes:
        says: What it does.
        words: The values that it can have; empty for any text.
        most: The greatest number; None for a text.
        least: The smallest number.
        default: The value without it; None for none.
    """

    name: str
    says: str
    words: tuple[str, ...] = ()
    most: int | None = None
    least: int = 0
    default: Any = None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        default = {} if self.default is None else {"default": self.default}
        if self.words:
            return {"type": "string", "enum": list(self.words), **default}
        if self.most is not None:
            return {"type": "integer", "minimum": self.least, "maximum": self.most, **default}
        return {"type": "string", "maxLength": _MOST_CHARACTERS, **default}

    def read(self, text: str) -> Any:
        """Return the value of a text. Raises KamError."""
        if len(text) > _MOST_CHARACTERS:
            raise KamError(f"{self.name}: has more than {_MOST_CHARACTERS} characters")
        if not text.isprintable():
            raise KamError(f"{self.name}: has a control character")
        if self.words and text not in self.words:
            raise KamError(f"{self.name}: {unknown_word('value', text, self.words)}")
        if self.most is None:
            return text
        number = whole_number(text, -1)
        if not self.least <= number <= self.most:
            span = f"from {self.least} to {self.most}"
            raise KamError(f'{self.name}: is a number {span}, not "{shortened(text)}"')
        return number


@dataclass(frozen=True)
class Call:
    """One call of an operation.

    Attributes:
        program: Which asks.
        path, query: The parameters by name; those of the query have their defaults.
        body: The document of the operation's type; None without one.
        node: What was sent, with places.
    """

    service: AccountService
    privacy: Privacy
    program: ClientProgram
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None
    node: Any = None

    @property
    def key(self) -> str:
        """Return the key of the account in the path. Raises NotThere if it cannot be one."""
        key = self.path["key"]
        if not (key.isascii() and key.isalnum()):
            raise NotThere(f'unknown account "{shortened(key)}"')
        return key

    def account(self) -> AccountView:
        """Return the account in the path as it is now. Raises NotThere."""
        return self.service.account(self.key)

    def inbox(self) -> Inbox:
        """Return the inbox of the account in the path."""
        return Inbox(self.service.store.inbox(self.key), self.privacy)

    def tools(self, notes: Mapping[str, Note] | None = None) -> AccountTools:
        """Return what can be asked about the account in the path. Raises NotThere."""
        case = self.account().case
        return AccountTools(
            lambda: case, self.privacy, self.service.today, self.inbox(), notes or {}
        )


@dataclass(frozen=True)
class Operation:
    """An operation of the interface.

    Attributes:
        method, path: Of the request; the path without the prefix of the interface.
        name: Its id in the OpenAPI document.
        says: What it does, in a sentence.
        run: Returns data for JSON, the text of a JSON document, or a response.
        answer: The schema of the answer: a document, or the name of a component.
        role: The least role that may call it.
        parameters: In the query.
        body: The document that it takes, or `CASE`.
        status: Of the answer.
        media: Of the answer.
        problems: Statuses of failures that only some operations have.
    """

    method: str
    path: str
    name: str
    says: str
    run: Callable[[Call], dict[str, Any] | str | Response]
    answer: type[BaseModel] | str
    role: UserRole = UserRole.READER
    parameters: tuple[Parameter, ...] = ()
    body: type[Doc] | str | None = None
    status: int = 200
    media: str = "application/json"
    problems: tuple[int, ...] = ()

    def query(self, given: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return the parameters in a query, with defaults. Raises KamError for an unknown one."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, texts in given.items():
            if name not in known:
                raise KamError(unknown_name("parameter", name, known))
            if len(texts) > 1:
                raise KamError(f"{name}: is given more than once")
        return {
            name: parameter.read(given[name][0]) if name in given else parameter.default
            for name, parameter in known.items()
        }
