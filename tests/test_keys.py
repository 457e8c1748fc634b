"""Keys and identities: each folded in as documented, in the documented order."""

import zlib
from pathlib import PurePosixPath

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj


def data(key):
    return jax.random.key_data(key).tolist()


@pytest.mark.parametrize("default", ["threefry2x32", "rbg"])
def test_the_root_key_is_threefry_whatever_the_default(default):
    with jax.default_prng_impl(default):
        assert data(aj.key(7)) == [0, 7]


def test_a_stream_folds_in_the_crc32_of_its_name():
    # CRC-32 of "123456789", the check value of its definition.
    assert zlib.crc32(b"123456789") == 0xCBF43926
    folded = jax.random.fold_in(aj.key(0), 0xCBF43926)
    assert data(aj.stream(aj.key(0), "123456789")) == data(folded)


def test_an_image_key_folds_in_the_epoch_and_then_the_words_of_the_id():
    folded = aj.key(0)
    for word in (3, 923299646, 3549384619):
        folded = jax.random.fold_in(folded, word)
    image_id = aj.image_ids(["Car/0001.jpg"])[0]
    assert data(aj.image_key(aj.key(0), 3, image_id)) == data(folded)
    one_word = jax.random.fold_in(jax.random.fold_in(aj.key(0), 3), 5)
    assert data(aj.image_key(aj.key(0), 3, jnp.uint32(5))) == data(one_word)


def test_an_image_id_is_the_blake2b_of_its_composed_path():
    # "é" as one code point and as a letter with an accent are the same file name.
    composed, decomposed = aj.image_ids(["Caf\u00e9/1.jpg", "Cafe\u0301/1.jpg"])
    np.testing.assert_array_equal(composed, decomposed)
    # hashlib.blake2b(b"Car/0001.jpg", digest_size=8), little-endian words.
    assert aj.image_ids(["Car/0001.jpg"]).tolist() == [[923299646, 3549384619]]
    assert aj.image_ids([PurePosixPath("Car/0001.jpg")]).tolist() == [[923299646, 3549384619]]
