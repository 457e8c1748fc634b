"""Bad use fails with a sentence that says what was expected."""

import pytest

from tests.helpers import run_python

CASES = {
    "aj.RandomContrast(-0.1)": "ValueError: RandomContrast(factor=-0.1): expected a number in [0, 1]",
    "aj.RandomContrast((1.5, 0.1))": "or a pair (lower in [0, 1], upper at least 0)",
    "aj.RandomContrast(np.nan)": "ValueError: RandomContrast(factor=nan): expected a finite number",
    "aj.RandomBrightness(1.5)": "ValueError: RandomBrightness(factor=1.5): expected -1 <= lower <= upper <= 1",
    "aj.RandomSaturation(1.5)": "ValueError: RandomSaturation(factor=1.5): expected 0 <= lower <= upper <= 1",
    "aj.RandomHue((-0.1, 0.1))": "ValueError: RandomHue(factor=(-0.1, 0.1)): expected 0 <= lower <= upper <= 1",
    "aj.RandomSharpness(-0.1)": "RandomSharpness(factor=-0.1): a single number cannot be negative",
    "aj.RandomGamma(1.0)": "ValueError: RandomGamma(gamma=1.0): exponents must lie above 0",
    "aj.ColorJitter(hue=0.6)": "ValueError: ColorJitter(hue=0.6): expected -0.5 <= lower <= upper <= 0.5",
    "aj.ColorJitter(saturation=(-1, 1))": "ValueError: ColorJitter(saturation=(-1, 1)): expected 0 <= lower",
    "aj.RandomGrayscale(p=1.1)": "ValueError: RandomGrayscale(p=1.1): expected a number in [0, 1]",
    "aj.RandomSolarize(128)": "ValueError: RandomSolarize(threshold=128): expected a number in [0, 1], where 1 is white",
    "aj.RandomPosterize(0)": "ValueError: RandomPosterize(bits=0): expected a whole number from 1 to 8",
    "aj.RandomPosterize(4.0)": "ValueError: RandomPosterize(bits=4.0): expected a whole number",
    "aj.RandomChannelDrop(3)": "ValueError: RandomChannelDrop(channels=3): expected 1 or 2",
    "aj.RandomChannelDrop(fill_value=255)": "RandomChannelDrop(fill_value=255): expected a number in [0, 1]",
    "aj.Normalize(0.5, 0)": "ValueError: Normalize(std=0): expected a finite number above 0 for all channels",
    "aj.Normalize('0.5', 1)": "ValueError: Normalize(mean='0.5'): expected a finite number",
    "aj.Normalize((1, 2, 3), (1, 2))": "expected as many of one as of the other",
    "aj.Normalize((1, 2), 1)(key, image)": "ValueError: Normalize(mean=(1.0, 2.0)) takes images of 2 channels, but got an array of shape (4, 4, 3)",
    "aj.Sequential([aj.Normalize(0, 1), aj.RandomHue(0.1)])": "ValueError: Normalize leaves [0, 1], and stands after all transforms of colour",
    "aj.RandomRotation(-0.1)": "a single number cannot be negative; give (lower, upper)",
    "aj.RandomRotation((0.2, 0.1))": "expected -1 <= lower <= upper <= 1",
    "aj.RandomRotation((0.1, 0.2, 0.3))": "expected a finite number or a tuple (lower, upper)",
    "hash(aj.RandomRotation([0.1, 0.2])), hash(aj.Pad([1, 2]))": "no error",
    "aj.RandomRotation('0.1')": "ValueError: RandomRotation(factor='0.1'): expected a finite number",
    "aj.RandomRotation(0.1, fill_mode='mirror')": "expected one of 'reflect', 'constant', 'wrap'",
    "aj.RandomRotation(0.1, interpolation='cubic')": "expected one of 'nearest', 'bilinear'",
    "aj.RandomRotation(0.1, fill_value=255)": "expected a number in [0, 1]",
    "aj.RandomTranslation(0.1, 1.5)": "ValueError: RandomTranslation(width_factor=1.5): expected -1",
    "aj.RandomWidth(1.0)": "ValueError: RandomWidth(factor=1.0): lower must lie above -1",
    "aj.RandomZoom((-1, 0))": "ValueError: RandomZoom(height_factor=(-1, 0)): lower must lie above -1",
    "aj.RandomZoom(0.1, 1)": "ValueError: RandomZoom(width_factor=1): lower must lie above -1",
    "aj.RandomZoom(1.5)": "RandomZoom(height_factor=1.5): expected -1 <= lower <= upper <= 1",
    "aj.RandomShear(1, (0, 1))": "RandomShear(x_factor=1, y_factor=(0, 1)): shears of 1 along both axes",
    "aj.RandomAffine(-5)": "RandomAffine(degrees=-5): a single number cannot be negative",
    "aj.RandomAffine(5, 0.1)": "RandomAffine(translate=0.1): expected (a, b), fractions of the width and",
    "aj.RandomAffine(5, (0.1, 1.1))": "RandomAffine(translate=(0.1, 1.1)): expected (a, b)",
    "aj.RandomAffine(5, scale=(0, 1))": "RandomAffine(scale=(0, 1)): expected (lower, upper) with 0 < lower",
    "aj.RandomAffine(5, shear=90)": "RandomAffine(shear=90): expected -89 <= lower <= upper <= 89",
    "aj.RandomAffine(5, shear=(1, 2, 3))": "RandomAffine(shear=(1, 2, 3)): expected a finite number",
    "aj.RandomPerspective(1.5)": "ValueError: RandomPerspective(scale=1.5): expected a number in [0, 1]",
    "aj.RandomPerspective(p=2)": "ValueError: RandomPerspective(p=2): expected a number in [0, 1]",
    "aj.RandomPerspective(fill_mode='edge')": "ValueError: RandomPerspective(fill_mode='edge'): expected",
    "aj.RandomElastic(-1)": "RandomElastic(alpha=-1): expected a number of pixels or a pair (for x, for y)",
    "aj.RandomElastic(sigma=(1, 2, 3))": "ValueError: RandomElastic(sigma=(1, 2, 3)): expected a finite",
    "aj.RandomCrop(0, 3)": "ValueError: RandomCrop(height=0): expected a positive number of pixels",
    "aj.CenterCrop(3, 2.5)": "ValueError: CenterCrop(width=2.5): expected a positive number of pixels",
    "aj.CenterCrop(3, 5)(key, image)": "ValueError: CenterCrop(height=3, width=5) is larger than the image, "
    "of height 4 and width 4; put Pad or Resize before it",
    "aj.RandomCrop(5, 1).sample(key, image.shape)": "ValueError: RandomCrop(height=5, width=1) is larger than",
    "aj.Resize(3, -1)": "ValueError: Resize(width=-1): expected a positive number of pixels",
    "aj.Resize(3, 3, interpolation='cubic')": "ValueError: Resize(interpolation='cubic'): expected one of",
    "aj.RandomResizedCrop(3, 3, 0.5)": "RandomResizedCrop(scale=0.5): expected (lower, upper) with 0 < lower "
    "<= upper <= 1",
    "aj.RandomResizedCrop(3, 3, ratio=(2, 1))": "RandomResizedCrop(ratio=(2, 1)): expected (lower, upper)",
    "aj.Pad((1, 2, 3))": "ValueError: Pad(padding=(1, 2, 3)): expected a number of pixels, (left and right, "
    "top and bottom) or (left, top, right, bottom), none below 0",
    "aj.Pad(-1)": "ValueError: Pad(padding=-1): expected",
    "aj.RandomApply([aj.Pad(1)])(key, image)": "ValueError: Pad changes the size of the image",
    "aj.RandomFlip('diagonal')": "ValueError: RandomFlip(mode='diagonal'): expected one of",
    "aj.RandomGaussianBlur(4)": "ValueError: RandomGaussianBlur(kernel_size=4): expected an odd number of pixels",
    "aj.RandomGaussianBlur(3, (0, 1))": "ValueError: RandomGaussianBlur(sigma=(0, 1)): expected it above 0",
    "aj.RandomGaussianBlur(3, (2, 1))": "RandomGaussianBlur(sigma=(2, 1)): expected a number or (lower, upper) with 0 <= lower <= upper",
    "aj.RandomGaussianBlur(3, p=1.5)": "ValueError: RandomGaussianBlur(p=1.5): expected a number in [0, 1]",
    "aj.RandomMotionBlur(0.5)": "ValueError: RandomMotionBlur(kernel_size=0.5): expected a number or (lower, upper) with 1 <=",
    "aj.RandomMotionBlur(3, -0.1)": "a single number cannot be negative; give (lower, upper)",
    "aj.RandomGaussianNoise(np.inf)": "ValueError: RandomGaussianNoise(stddev=inf): expected a finite number",
    "aj.RandomSaltAndPepper((0.1, 1.5))": "with 0 <= lower <= upper <= 1",
    "aj.RandomErasing(ratio=(0, 1))": "ValueError: RandomErasing(ratio=(0, 1)): expected it above 0",
    "aj.RandomErasing(value=255)": "expected a number in [0, 1], a tuple of one for each channel, or 'random'",
    "aj.RandomErasing(value='noise')": "ValueError: RandomErasing(value='noise'): expected a number in [0, 1]",
    "aj.RandomErasing(value=(0.5, 0.5))(key, image)": "expected one number for each of the image's 3 channels",
    "aj.RandomGridDropout(1)": "ValueError: RandomGridDropout(unit_size=1): expected a number or (lower, upper) with 2 <=",
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
    "t(key, Image.new('RGB', (4, 4)))": "TypeError: RandomFlip takes an array, but got a Image; np.asarray makes",
    "t.batch(key, [image, image])": "TypeError: RandomFlip takes an array, but got a list; np.asarray makes one of a PIL "
    "image, np.stack of a list",
    "aj.image_key(key, 0, np.zeros((4, 2), np.uint32))": "ValueError: one image's id has one or two words, but got",
    "aj.image_ids('Car/1.jpg')": "TypeError: expected several paths, as in image_ids(['Car/1.jpg']), but got one",
    "t(key, image[..., 0])": "but got an array of shape (4, 4)",
    "t(key, image[:0])": "but got an array of shape (0, 4, 3)",
    "t(key, np.int32(image))": "TypeError: RandomFlip takes uint8 or floating images, but got int32",
    "t.batch(key, image)": "call the transform itself on one image",
    "t.batch(key, image[None], np.arange(1))": "ValueError: expected uint32 ids of shape (1,) or (1, words), but got "
    "int64 of shape (1,)",
    "t.batch(key, image[None], np.uint32([1, 2]))": "ValueError: expected an id for each of 1 images, but got 2",
    "t.batch(key, image[None], np.uint32(3))": "but got uint32 of shape ()",
    "t.batch(key, image[None], np.uint32([]))": "ValueError: expected an id for each of 1 images, but got 0",
    "t.sample(key, image)": "TypeError: RandomFlip takes a shape, (height, width, channels), but got a ndarray; an image",
    "t.plan(128)": "TypeError: RandomFlip takes a shape, (height, width, channels), but got a int",
    "aj.image_key(key, 0, np.zeros(8, np.uint32))": "ValueError: one image's id has one or two words, but got",
    "aj.show(image, t)": "TypeError: expected show(pipeline, images), but got a ndarray first",
    "t.batch(key, image[None], [3])": "TypeError: ids are an array of uint32, but got a list",
    "aj.RandomApply(t, p=1.5)": "ValueError: RandomApply(p=1.5): expected a number in [0, 1]",
    "aj.RandomApply(3)": "TypeError: RandomApply takes a list of transforms, but got 3",
    "aj.RandomChoice([])": "ValueError: RandomChoice has nothing to choose from",
    "aj.RandomChoice([t], weights=(1, 2))": "expected 1 finite numbers",
    "aj.RandomSomeOf([t], n=2)": "ValueError: RandomSomeOf(n=2): expected a number from 0 to 1",
    "aj.RandomOrder([t, t])": "ValueError: RandomOrder holds 'RandomFlip' more than once",
    "aj.RandomApply(aj.RandomCrop(2, 2))(key, image)": "RandomCrop changes the size of the image, so it cannot be applied to some",
    "aj.RandomCrop(5, 2)(key, image)": "RandomCrop",
    "aj.RandomCrop(0, 2)": "ValueError: RandomCrop(height=0): expected a positive number of pixels",
    "aj.Sequential([aj.Normalize(0.5, 0.5), aj.RandomBrightness(0.1)])": "ValueError: Normalize leaves [0, 1], and stands after all",
    "aj.RandomApply(aj.Normalize(0.5, 0.5))": "ValueError: Normalize leaves [0, 1], so it cannot be applied to some images",
    "aj.Sequential([t], boxes='yxyx')": "ValueError: Sequential(boxes='yxyx'): expected one of 'xyxy'",
    "t(key, {'image': image, 'boxes': np.zeros((1, 4))})": "boxes need a stated format: put the transforms into Sequential([...], boxes='xyxy')",
    "b(key, {'image': image, 'boxes': np.zeros(4)})": "ValueError: expected boxes of shape (n, 4), but got (4,)",
    "b(key, {'image': image, 'masks': image})": "an example holds image, mask, boxes, keypoints, label, but got 'masks'",
    "b(key, {'image': image, 'mask': np.zeros((4, 5))})": "expected a mask of shape (4, 4)",
    "b(key, {'boxes': np.zeros((1, 4))})": "boxes and keypoints alone do not tell the size of their image",
    "b.batch(key, {'image': image[None], 'label': np.zeros(2)})": "a dict of arrays with one first axis",
    "b.invert(b.sample(key, (4, 4, 3)), np.zeros((5, 5, 3), np.float32), (4, 4, 3))": "but got one of (5, 5) to bring back",
    "aj.Sequential([t]).apply({}, image)": "ValueError: params hold draws for [], but this pipeline takes",
}


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """From an interpreter of its own: here, the type checker of the tests would answer first."""
    program = "import jax, numpy as np, augjax as aj\nfrom PIL import Image\n"
    program += "key, image, t = aj.key(0), np.zeros((4, 4, 3), np.float32), aj.RandomFlip()\n"
    program += "b = aj.Sequential([t], boxes='xyxy')\n"
    for call in CASES:
        program += f"try: {call}\nexcept Exception as e: print(type(e).__name__ + ':', e)\n"
        program += "else: print('no error')\n"
    printed = run_python("-c", program)
    assert printed.returncode == 0, printed.stderr
    return dict(zip(CASES, printed.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("call", CASES)
def test_misuse_is_told_in_one_line(call, answers):
    assert CASES[call] in answers[call]
