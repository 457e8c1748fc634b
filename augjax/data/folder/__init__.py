"""Image folders: listing, judging, decoding and loading them."""
