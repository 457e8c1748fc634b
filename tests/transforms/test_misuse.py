"""Bad use fails with a sentence that says what was expected."""

import pytest

from tests.helpers import run_python

CASES = {
    "aj.RandomContrast(-0.1)": "ValueError: RandomContrast(factor=-0.1): expected a number in [0, 1]",
    "aj.RandomContrast((1.5, 0.1))": "or a pair (lower in [0, 1], upper at least 0)",
    "aj.RandomContrast(np.nan)": "ValueError: RandomContrast(factor=nan): a factor is a finite number",
    "aj.RandomRotation(-0.1)": "a single number cannot be negative; give (lower, upper)",
    "aj.RandomRotation((0.2, 0.1))": "expected -1 <= lower <= upper <= 1",
    "aj.RandomRotation((0.1, 0.2, 0.3))": "a factor is a finite number or a pair (lower, upper)",
    "aj.RandomRotation('0.1')": "ValueError: RandomRotation(factor='0.1'): a factor is a finite number",
    "aj.RandomRotation(0.1, fill_mode='mirror')": "expected one of 'reflect', 'constant', 'wrap'",
    "aj.RandomRotation(0.1, interpolation='cubic')": "expected one of 'nearest', 'bilinear'",
    "aj.RandomRotation(0.1, fill_value=255)": "expected a number in [0, 1]",
    "aj.RandomTranslation(0.1, 1.5)": "ValueError: RandomTranslation(width_factor=1.5): expected -1",
    "aj.RandomWidth(1.0)": "ValueError: RandomWidth(factor=1.0): lower must lie above -1",
    "aj.RandomFlip('diagonal')": "ValueError: RandomFlip(mode='diagonal'): expected one of",
    "aj.RandomGaussianBlur(4)": "ValueError: RandomGaussianBlur(kernel_size=4): expected an odd number of pixels",
    "aj.RandomGaussianBlur(3, (0, 1))": "ValueError: RandomGaussianBlur(sigma=(0, 1)): expected it above 0",
    "aj.RandomGaussianBlur(3, (2, 1))": "expected a finite number or a pair (lower, upper) with 0 <= lower <= upper",
    "aj.RandomGaussianBlur(3, p=1.5)": "ValueError: RandomGaussianBlur(p=1.5): expected a number in [0, 1]",
    "aj.RandomMotionBlur(0.5)": "ValueError: RandomMotionBlur(kernel_size=0.5): expected a finite number or a pair",
    "aj.RandomMotionBlur(3, -0.1)": "a single number cannot be negative; give (lower, upper)",
    "aj.RandomGaussianNoise(np.inf)": "ValueError: RandomGaussianNoise(stddev=inf): expected a finite number",
    "aj.RandomSaltAndPepper((0.1, 1.5))": "with 0 <= lower <= upper <= 1",
    "aj.RandomErasing(ratio=(0, 1))": "ValueError: RandomErasing(ratio=(0, 1)): expected it above 0",
    "aj.RandomErasing(value=255)": "expected a number in [0, 1], a tuple of one for each channel, or 'random'",
    "aj.RandomErasing(value='noise')": "ValueError: RandomErasing(value='noise'): expected a number in [0, 1]",
    "aj.RandomErasing(value=(0.5, 0.5))(key, image)": "expected one number for each of the image's 3 channels",
    "aj.RandomGridDropout(1)": "ValueError: RandomGridDropout(unit_size=1): expected a finite number or a pair",
    "aj.RandomGridDropout(2.5)": "ValueError: RandomGridDropout(unit_size=2.5): expected whole numbers",
    "aj.RandomGridDropout(4, value=(0.5, -1.0))": "expected a number in [0, 1], a tuple of one for each channel",
    "aj.RandomBlur": "AttributeError: module 'augjax' has no attribute 'RandomBlur'",
    "aj.Sequential([3])": "TypeError: Sequential holds augjax transforms, but got 3",
    "aj.Sequential([t, t])": "ValueError: Sequential holds 'RandomFlip' more than once; give each a "
    "name of its own, as in RandomFlip(..., name='second')",
    "aj.Sequential([t, aj.Sequential([t])])": "more than once",
    "aj.Sequential([aj.RandomWidth(0.1), t])": "ValueError: RandomWidth draws the image's size, and stands last or before Resize",
    "aj.Sequential([t], value_range=(1, 0))": "expected (lowest, highest)",
    "aj.Sequential([aj.Sequential([t], value_range=(0, 255))])": "on the outermost Sequential only",
    "t(0, image)": "TypeError: expected one PRNG key, such as augjax.key(0), but got int",
    "t(jax.random.split(key), image)": "TypeError: expected one PRNG key, such as augjax.key(0)",
    "t(key, image[None])": "ValueError: RandomFlip takes one image of shape (height, width, channels), "
    "but got an array of shape (1, 4, 4, 3); for a batch call .batch(key, images, ids)",
    "t(key, image[..., 0])": "but got an array of shape (4, 4)",
    "t(key, image[:0])": "but got an array of shape (0, 4, 3)",
    "t(key, np.int32(image))": "TypeError: RandomFlip takes uint8 or floating images, but got int32",
    "t.batch(key, image)": "call the transform itself on one image",
    "t.batch(key, image[None], np.arange(1))": "ValueError: expected uint32 ids of shape (1,) or (1, words), but got "
    "int64 of shape (1,)",
    "t.batch(key, image[None], np.uint32([1, 2]))": "but got uint32 of shape (2,)",
    "t.batch(key, image[None], [3])": "TypeError: ids are an array of uint32, but got a list",
    "aj.Sequential([t]).apply({}, image)": "ValueError: params hold draws for [], but this pipeline takes",
}


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """From an interpreter of its own: here, the type checker of the tests would answer first."""
    program = "import jax, numpy as np, augjax as aj\n"
    program += "key, image, t = aj.key(0), np.zeros((4, 4, 3), np.float32), aj.RandomFlip()\n"
    for call in CASES:
        program += f"try: {call}\nexcept Exception as e: print(type(e).__name__ + ':', e)\n"
        program += "else: print('no error')\n"
    printed = run_python("-c", program)
    assert printed.returncode == 0, printed.stderr
    return dict(zip(CASES, printed.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("call", CASES)
def test_misuse_is_told_in_one_line(call, answers):
    assert CASES[call] in answers[call]
