"""A finished stage -> its scores, by a process that gives the device back when it ends: JSON in argv, words out.

The allocator is set before torch is imported, as `cli.py` does it.
"""

import json
import sys


def main() -> None:
    """Score the stage that argv names; exit status 2 where a NakoError said why not."""
    from nakochat.core.allocator import keep_memory

    keep_memory()
    from nakochat.commands.evaluate import score_stage
    from nakochat.core.errors import NakoError
    from nakochat.core.messages import say
    from nakochat.core.paths import find_run
    from nakochat.core.printable import printable

    options = json.loads(sys.argv[1])
    try:
        score_stage(find_run(options.pop("run")), **options)
    except NakoError as error:
        print(printable(f"{say('오류', 'error')}: {error}"), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:  # the terminal's, which the parent got too and answers
        sys.exit(130)
