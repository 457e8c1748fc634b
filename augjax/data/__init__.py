"""Images from folders or TensorFlow Datasets, streamed by tf.data as padded uint8 batches."""

from augjax.extras import require

require("augjax.data", "tensorflow", "PIL")

from augjax.data.batches import Batch, epoch_batches, epoch_order
from augjax.data.data_report import BadImagesError, DataReport
from augjax.data.dataset import Dataset, Split
from augjax.data.folder.load import load_image_folder
from augjax.data.load import ImageSet, load_dataset, load_image_set, stream_files
from augjax.data.tfds import load_tfds

__all__ = [
    "BadImagesError",
    "Batch",
    "DataReport",
    "Dataset",
    "ImageSet",
    "Split",
    "epoch_batches",
    "epoch_order",
    "load_dataset",
    "load_image_folder",
    "load_image_set",
    "load_tfds",
    "stream_files",
]
