"""The invariance certificate: what an image's augmentation depends on, and what it does not.

    python -m experiments.certificate

For every public transform it compares the draws of 64 images, bit by bit, with those they get in
batches of 1 and 7, in another order, among other neighbours, one by one without jit, on 2 and on 8
devices, on a GPU or TPU if there is one, and in a pipeline with one transform more; and the pixels
likewise, to a tolerance (`augjax.transforms.certify`). Prints a table, writes it to
experiments/results/certificate.json, and exits with 1 if anything differs.
"""

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from augjax.errors import RunError, told_in_one_line
from augjax.runtime.compilation_cache import keep_compiled_programs

if TYPE_CHECKING:
    from augjax.transforms.certify import Certificate

RESULTS = Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Certifies that draws depend on seed, epoch, image and transform alone."""

    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, and certifies every transform."""
    with told_in_one_line(debug="--debug" in sys.argv):
        tyro.cli(Config, prog="python -m experiments.certificate")
        keep_compiled_programs()
        os.environ["JAX_NUM_CPU_DEVICES"] = "8"
        import jax

        from augjax.files import write_json
        from augjax.runs.environment import environment
        from augjax.transforms.catalog import examples, mix_examples
        from augjax.transforms.certify import certify

        rows = []
        print(HEADER, flush=True)
        elsewhere = tuple(device for device in jax.devices()[:1] if device.platform != "cpu")
        with jax.default_device(jax.devices("cpu")[0]):
            for transform in (*examples().values(), *mix_examples().values()):
                rows.append(certify(transform, devices=(2, 8), elsewhere=elsewhere))
                print(line(rows[-1]), flush=True)
        RESULTS.mkdir(exist_ok=True)
        write_json(
            RESULTS / "certificate.json",
            {
                "environment": environment(),
                "rows": [dataclasses.asdict(row) for row in rows],
                "table": "\n".join([HEADER, *map(line, rows)]),
            },
        )
        if broken := [row.transform for row in rows if not row.ok]:
            raise RunError(f"not certified: {', '.join(broken)}")
        print(f"{len(rows)} transforms certified: no draw depends on anything else.")


HEADER = "| transform | draws that differ | largest difference of a pixel |\n|---|---|---|"


def line(row: "Certificate") -> str:
    """The row in Markdown."""
    draws = ", ".join(row.differing_draws) or "none"
    tipped = f"; {row.tipped:.0e} of them tipped" if row.tipped else ""
    return f"| `{row.transform}` | {draws} | {row.worst_pixel:.1e}{tipped} |"


if __name__ == "__main__":
    main()
