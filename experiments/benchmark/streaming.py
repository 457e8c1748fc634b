"""One epoch over images that are not kept in memory, in a process of its own.

    python -m experiments.benchmark.streaming DIR SIZE     # DIR/train/<class>/..., DIR/valid/...

Prints how many images there were, the seconds, and by how much the largest memory in use has grown
since the first batch.
"""

import json
import sys
import time

from augjax.data import epoch_batches, epoch_order, load_image_folder
from experiments.benchmark.processes import peak_bytes_here

BATCH = 64


def main(folder: str, size: int) -> None:
    """Measures and prints."""
    split = load_image_folder(folder, image_size=size, cache_limit=0).train
    batches = epoch_batches(split, epoch_order(len(split), seed=0, epoch=1), BATCH)
    images = int(next(batches).mask.sum())
    before, start = peak_bytes_here(), time.perf_counter()
    images += sum(int(batch.mask.sum()) for batch in batches)
    seconds, grown = time.perf_counter() - start, peak_bytes_here() - before
    print(json.dumps({"images": images, "seconds": seconds, "bytes": grown}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
