"""How far every transform is from an independent oracle."""
