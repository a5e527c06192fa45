"""The command line ``kam``, with one module per subject."""

from __future__ import annotations

import os
import sys

import click

from kam_expert import __version__
from kam_expert.cli.assistant import inbox_group, mcp_
from kam_expert.cli.campaign import campaign_group
from kam_expert.cli.diagnose import diagnose
from kam_expert.cli.doctor import doctor
from kam_expert.cli.export import export
from kam_expert.cli.importing import import_
from kam_expert.cli.inquiry import ask, compare, path_, what_if, why, why_not
from kam_expert.cli.learn import learn
from kam_expert.cli.method import method_group
from kam_expert.cli.new import new
from kam_expert.cli.options import EXIT_BAD_INPUT
from kam_expert.cli.person import person_group
from kam_expert.cli.plan import plan
from kam_expert.cli.portfolio import portfolio
from kam_expert.cli.review import review
from kam_expert.cli.rules import rules_group
from kam_expert.cli.serve import serve
from kam_expert.cli.session import session
from kam_expert.cli.site import site
from kam_expert.cli.store import store_group
from kam_expert.cli.streams import safe_streams
from kam_expert.cli.template import template
from kam_expert.cli.workshop import WORKSHOP
from kam_expert.errors import KamError


@click.group()
@click.version_option(__version__, prog_name="kam")
def kam() -> None:
    """Diagnose the relationship with a key customer, with the reason for every sentence."""


for command in (
    diagnose,
    plan,
    portfolio,
    export,
    new,
    template,
    import_,
    campaign_group,
    serve,
    site,
    session,
    rules_group,
    method_group,
):
    kam.add_command(command)

for command in WORKSHOP:
    rules_group.add_command(command)

kam.add_command(doctor)
kam.add_command(learn)
kam.add_command(person_group)
kam.add_command(store_group)
kam.add_command(mcp_)
kam.add_command(inbox_group)

for command in (why, why_not, what_if, compare, review, ask, path_):
    kam.add_command(command)


def main() -> None:
    """Run the command line. User errors are printed in one or two lines and exit with status 2."""
    safe_streams()
    try:
        kam(prog_name="kam", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(EXIT_BAD_INPUT)
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(f'Try "{error.ctx.command_path} --help".', err=True)
        sys.exit(EXIT_BAD_INPUT)
    except KamError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)
    except OSError as error:
        # Modules that use files raise their own errors; this one is from standard output.
        click.echo(f"standard output cannot be written ({error.strerror or error})", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python flushes again at exit
        sys.exit(EXIT_BAD_INPUT)
