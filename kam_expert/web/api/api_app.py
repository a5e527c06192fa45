"""The interface as an ASGI application: tokens, rights, limits, and failures as problems."""

from __future__ import annotations

import functools
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from kam_expert.errors import KamError, Problem, ProblemsError
from kam_expert.knowledge.documents import Doc, parse
from kam_expert.knowledge.json_reader import ROOT, read_json
from kam_expert.store.records import Conflict, NotThere, Unavailable
from kam_expert.web.api.openapi import openapi_document
from kam_expert.web.api.operation import Call, Operation
from kam_expert.web.api.operations import OPERATIONS
from kam_expert.web.api.problems import problem_response
from kam_expert.web.rate_limit import RateLimit
from kam_expert.web.request import place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from kam_expert.knowledge.privacy import Privacy
    from kam_expert.store.programs import ClientProgram
    from kam_expert.web.service import AccountService

log = logging.getLogger(__name__)

#: The part of every address that says which version of the interface it is.
VERSION = "/api/v1"
#: Seconds in which the requests of a program count, and those with a wrong token of an address.
MINUTE, _WRONG_SECONDS = 60, 600
_WRONG_TOKENS = 20
_CHALLENGE = {"www-authenticate": "Bearer"}


class _RefusedError(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class _Shared:
    """What all requests share."""

    service: AccountService
    privacy: Privacy
    limiter: anyio.CapacityLimiter
    requests: RateLimit
    file_bytes: int
    wrong_tokens: RateLimit = field(
        default_factory=lambda: RateLimit(_WRONG_TOKENS, float(_WRONG_SECONDS))
    )

    def program(self, request: Request) -> ClientProgram:
        """Return the program that asks. Raises _RefusedError, or KamError without a store."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else ""
        known = scheme.lower() == "bearer" and token.strip()
        program = self.service.store.programs.of_token(token.strip()) if known else None
        if program is None:
            if known and self.wrong_tokens.exceeds(address):
                raise _too_many("too many wrong tokens from this address", _WRONG_SECONDS)
            said = "the token is unknown or was removed" if known else "a token is needed"
            hint = "kam store token add STORE NAME makes one"
            raise _RefusedError(problem_response(401, f"{said}; {hint}", headers=_CHALLENGE))
        if self.requests.exceeds(program.name):
            raise _too_many("too many requests of this program within a minute", MINUTE)
        return program

    def respond(self, operation: Operation, request: Request, body: bytes) -> Response:
        """Return the answer to a call. Raises _RefusedError or KamError."""
        program = self.program(request)
        if not program.role.may(operation.role):
            said = f"{program.name} may read only; kam store token add --role colleague may write"
            raise _RefusedError(problem_response(403, said))
        query = operation.query(parse_qs(request.url.query, keep_blank_values=True))
        node, document = _read(operation, body)
        call = Call(self.service, self.privacy, program, request.path_params, query, document, node)
        answer = operation.run(call)
        if isinstance(answer, Response):
            return answer
        text = answer if isinstance(answer, str) else _json(answer)
        return Response(text, operation.status, media_type=operation.media)


def make_api(
    service: AccountService,
    privacy: Privacy,
    limiter: anyio.CapacityLimiter,
    *,
    rate: int,
    file_bytes: int,
) -> ASGIApp:
    """Return the interface as an ASGI application.

    Args:
        service: Has the accounts.
        privacy: The privacy settings, with the rule base.
        limiter: Limits the requests that are worked on at once.
        rate: Requests of one program within a minute.
        file_bytes: A request has at most twice as many bytes.
    """
    shared = _Shared(service, privacy, limiter, RateLimit(rate, float(MINUTE)), file_bytes)
    document = functools.cache(lambda: _json(openapi_document(service.base, OPERATIONS, VERSION)))
    description = Operation(
        "GET", "/openapi.json", "openapi", "Return this document.",
        lambda _: document(), "OpenAPI",
    )  # fmt: skip
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in (*OPERATIONS, description):
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [
        Route(path, _endpoint(shared, methods), methods=[*methods])
        for path, methods in by_path.items()
    ]
    handlers = dict.fromkeys((404, 405, 413), _failure)
    return Starlette(routes=routes, exception_handlers=handlers, max_body_size=2 * file_bytes)


def _endpoint(
    shared: _Shared, methods: dict[str, Operation]
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            body = await request.body()
            return await anyio.to_thread.run_sync(
                shared.respond, methods[method], request, body, limiter=shared.limiter
            )
        except _RefusedError as refused:
            return refused.response
        except NotThere as error:
            return problem_response(404, str(error))
        except Conflict as error:
            return problem_response(409, str(error), version=error.state.version)
        except Unavailable as error:
            log.error("the accounts are unavailable: %s", error.reason)  # noqa: TRY400 -- a traceback would not help
            return problem_response(503)
        except ProblemsError as error:
            return problem_response(422, _count(error.problems), error.problems[: error.shown])
        except KamError as error:
            return problem_response(422, str(error))
        except (ClientDisconnect, TimeoutError):
            return problem_response(408, headers={"connection": "close"})
        except HTTPException as error:
            return problem_response(error.status_code)
        except Exception as error:  # noqa: BLE001 -- no program gets a traceback
            log.error("%s at %s", type(error).__name__, place_of(error))  # noqa: TRY400 -- its text may hold names
            return problem_response(500)

    return handle


def _read(operation: Operation, body: bytes) -> tuple[Any, Doc | None]:
    """Return the node and the document of a body. Raises ProblemsError."""
    if operation.body is None:
        return None, None
    node = read_json(body)
    if isinstance(operation.body, str):
        return node, None
    document, problems = parse(operation.body, node, ROOT)
    if document is None:
        raise ProblemsError(problems)
    return node, document


def _count(problems: Iterable[Problem]) -> str:
    listed = list(problems)
    if len(listed) == 1:
        return listed[0].message
    return f"{len(listed)} mistakes; nothing was recorded"


def _too_many(said: str, seconds: int) -> _RefusedError:
    headers = {"retry-after": str(seconds)}
    return _RefusedError(problem_response(429, f"{said}; try again later", headers=headers))


async def _failure(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    return problem_response(status, headers=getattr(error, "headers", None))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
