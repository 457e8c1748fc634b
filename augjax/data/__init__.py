"""Images from folders or TensorFlow Datasets, streamed by tf.data as padded uint8 batches."""

from augjax.extras import require

require("augjax.data", "tensorflow", "PIL")

from augjax.data.dataset import Dataset, Split
from augjax.data.folder import load_image_folder
from augjax.data.loader import Batch, epoch_batches, epoch_order
from augjax.data.report import BadImagesError, DataReport
from augjax.data.tfds import load_tfds

__all__ = [
    "BadImagesError",
    "Batch",
    "DataReport",
    "Dataset",
    "Split",
    "epoch_batches",
    "epoch_order",
    "load_image_folder",
    "load_tfds",
]
