"""Images of folders, tables or TensorFlow Datasets, streamed by tf.data in padded batches."""

from augjax.extras import require

require("augjax.data", "tensorflow", "PIL")

from augjax.data.batches import Batch, epoch_batches, epoch_order
from augjax.data.data_report import BadImagesError, DataReport
from augjax.data.dataset import Dataset, ImageSet, Split
from augjax.data.folder.any_images import SomeImages, any_images
from augjax.data.folder.expand import expand
from augjax.data.folder.inspect import Inspected, Inspection, inspect
from augjax.data.folder.load import load_image_folder
from augjax.data.folder.stream import StreamedImage, stream_files
from augjax.data.load import load_dataset, load_image_set
from augjax.data.tfds import load_tfds

__all__ = [
    "BadImagesError",
    "Batch",
    "DataReport",
    "Dataset",
    "ImageSet",
    "Inspected",
    "Inspection",
    "SomeImages",
    "Split",
    "StreamedImage",
    "any_images",
    "epoch_batches",
    "epoch_order",
    "expand",
    "inspect",
    "load_dataset",
    "load_image_folder",
    "load_image_set",
    "load_tfds",
    "stream_files",
]
