"""Runs the code blocks of a page one after the other, as someone would who pastes them.

    python run_blocks.py < blocks.json

Blocks are lists of a language, "python" or "bash", a line number and the code. Those of Python share
one namespace. After each block a line SEPARATOR is printed; the first that fails ends it all.
"""

import json
import subprocess
import sys

SEPARATOR = "---8<---"


def main() -> None:
    page = sys.argv[1]
    namespace = {"__name__": "__main__"}
    for language, line, code in json.load(sys.stdin):
        if language == "python":
            exec(compile("\n" * line + code, page, "exec"), namespace)
        else:
            command = ["bash", "-euo", "pipefail", "-c", code]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        print(SEPARATOR, flush=True)


if __name__ == "__main__":
    main()
